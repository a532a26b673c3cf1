"""GGUF, the file format of llama.cpp: metadata and tensors in one file.

`read_gguf` reads version 3 and trusts nothing in it: a damaged or hostile
file raises ValueError before any memory is taken on its word. The tensors
stay on disk until `GGUFFile.read` decodes one of them, from one of the four
types in TENSOR_TYPES.

Left out on purpose: writing, big-endian files, other quantised types. Source:
the specification, docs/gguf.md in the repository ggml-org/ggml; the block
formats are in its ggml-common.h.
"""

import math
import mmap
import struct
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

MAGIC = b"GGUF"
VERSION = 3
MAX_HEADER_BYTES = 2**24  # SmolLM2's vocabulary of 49,152 takes 1.8 million
MAX_KEY_BYTES, MAX_NAME_BYTES, MAX_DIMS = 2**16 - 1, 64, 4
MAX_DEPTH = 4  # of arrays in arrays

# Types of metadata by their number in the file: NumPy's code for a number,
# else a name.
VALUE_TYPES = [
    *("u1", "i1", "<u2", "<i2", "<u4", "<i4", "<f4"),
    *("bool", "text", "array"),
    *("<u8", "<i8", "<f8"),
]


class TensorInfo(NamedTuple):
    """Where a tensor is and how it is stored.

    shape is in PyTorch's order, the last axis contiguous; offset and n_bytes
    count bytes from the beginning of the file.
    """

    shape: tuple[int, ...]
    type: str
    offset: int
    n_bytes: int


# --- tensors ---------------------------------------------------------------


def decode_f32(raw):
    """Plain numbers: (n * 4,) bytes -> (n,) float32."""
    return raw.view(torch.float32).clone()


def decode_f16(raw):
    """Plain numbers of half the size: (n * 2,) bytes -> (n,) float32."""
    return raw.view(torch.float16).float()


def decode_q8_0(raw):
    """Blocks of 32 values, q * d: (n * 34,) bytes -> (n, 32) float32.

    A block is the scale d in float16, then 32 signed bytes q.

    >>> scale = np.array([0.5], "<f2").tobytes()
    >>> block = bytearray(scale + bytes([3, 255] + [0] * 30))
    >>> values = decode_q8_0(torch.frombuffer(block, dtype=torch.uint8))[0]
    >>> values[[0, 1, 2]]
    tensor([ 1.5000, -0.5000,  0.0000])
    """
    blocks = raw.view(-1, 34)
    scale = blocks[:, :2].contiguous().view(torch.float16).float()  # (n, 1)
    return blocks[:, 2:].view(torch.int8).float().mul_(scale)  # (n, 32)


def decode_q4_1(raw):
    """Blocks of 32 values, q * d + m: (n * 20,) bytes -> (n, 32) float32.

    A block is the scale d and the minimum m in float16, then 16 bytes. Their
    low halves are the first 16 values q, their high halves the other 16.

    >>> numbers = np.array([0.5, -1.0], "<f2").tobytes()
    >>> block = bytearray(numbers + bytes([0x21] + [0] * 15))
    >>> values = decode_q4_1(torch.frombuffer(block, dtype=torch.uint8))[0]
    >>> values[[0, 1, 16]]
    tensor([-0.5000, -1.0000,  0.0000])
    """
    blocks = raw.view(-1, 20)
    numbers = blocks[:, :4].contiguous().view(torch.float16).float()  # (n, 2)
    scale, minimum = numbers.split(1, dim=1)  # 2 x (n, 1)
    low, high = blocks[:, 4:] & 15, blocks[:, 4:] >> 4  # 2 x (n, 16)
    values = torch.cat([low, high], dim=1).float()  # (n, 32)
    return values.mul_(scale).add_(minimum)


# number in the file: (name, values in a block, bytes of a block, decoder)
TENSOR_TYPES = {
    0: ("F32", 1, 4, decode_f32),
    1: ("F16", 1, 2, decode_f16),
    3: ("Q4_1", 32, 20, decode_q4_1),
    8: ("Q8_0", 32, 34, decode_q8_0),
}
DECODERS = {name: decode for name, _, _, decode in TENSOR_TYPES.values()}


def dequantize(raw, tensor_type, shape):
    """The numbers of a stored tensor.

    raw: (n_bytes,) uint8; tensor_type: a name in TENSOR_TYPES
    returns: float32 tensor of `shape`

    Raises ValueError when type and shape do not fit the bytes.
    """
    try:
        return DECODERS[tensor_type](raw).view(shape)
    except (KeyError, RuntimeError) as error:
        raise ValueError(
            f"{len(raw)} bytes of type {tensor_type!r} are no tensor of "
            f"shape {tuple(shape)}; the types are {list(DECODERS)}"
        ) from error


class GGUFFile:
    """A GGUF file, checked; the tensors are still on disk.

    metadata: {key: value}; an array of numbers is a NumPy array, one of
        texts or arrays a list
    tensors: {name: TensorInfo}
    """

    def __init__(self, metadata, tensors, data):
        self.metadata, self.tensors = metadata, tensors
        self._data = data

    def read(self, name):
        """The tensor `name` in float32. Raises ValueError if there is none."""
        if name not in self.tensors:
            raise ValueError(
                f"the file has no tensor {name!r}; the first of its "
                f"{len(self.tensors)} are {list(self.tensors)[:5]}"
            )
        info = self.tensors[name]
        raw = np.frombuffer(
            self._data, np.uint8, count=info.n_bytes, offset=info.offset
        )
        return dequantize(torch.from_numpy(raw), info.type, info.shape)


# --- the header ------------------------------------------------------------


class Header:
    """The bytes before the tensors, read from left to right.

    Nothing is allocated for more bytes than are left.
    """

    def __init__(self, data):
        self.data, self.at = data, 0
        self.end = min(len(data), MAX_HEADER_BYTES)

    def skip(self, n_bytes, what):
        """Pass `n_bytes` and return where they begin."""
        if n_bytes > self.end - self.at:
            raise ValueError(
                f"{what} at byte {self.at} takes {n_bytes} bytes, but only "
                f"{self.end - self.at} are left"
            )
        self.at += n_bytes
        return self.at - n_bytes

    def number(self, code, what):
        """One number; `code` is struct's."""
        start = self.skip(struct.calcsize(code), what)
        return struct.unpack_from(code, self.data, start)[0]

    def text(self, what, limit=MAX_HEADER_BYTES):
        """A text: its length in bytes, then UTF-8."""
        n_bytes = self.number("<Q", f"the length of {what}")
        if n_bytes > limit:
            raise ValueError(
                f"{what} has {n_bytes} bytes, more than the limit of {limit}"
            )
        start = self.skip(n_bytes, what)
        try:
            return self.data[start : self.at].decode()
        except UnicodeDecodeError as error:
            raise ValueError(f"{what} is not UTF-8: {error}") from error

    def kind(self, what):
        """The name in VALUE_TYPES of the type that comes next."""
        value_type = self.number("<I", f"the type of {what}")
        if value_type >= len(VALUE_TYPES):
            raise ValueError(
                f"{what} has the unknown type {value_type}; types are "
                f"0 to {len(VALUE_TYPES) - 1}"
            )
        return VALUE_TYPES[value_type]

    def value(self, kind, what, depth=0):
        """A value of the metadata; `depth` counts the arrays around it."""
        if kind == "text":
            return self.text(what)
        if kind == "array":
            return self.array(what, depth + 1)
        return self.numbers(kind, 1, what)[0].item()

    def numbers(self, kind, count, what):
        """`count` numbers or truth values, as a NumPy array."""
        dtype = np.dtype(kind)
        start = self.skip(dtype.itemsize * count, what)
        if kind == "bool" and max(self.data[start : self.at], default=0) > 1:
            raise ValueError(f"{what} is true or false, so each byte 0 or 1")
        return np.frombuffer(self.data, dtype, count, start).copy()

    def array(self, what, depth):
        """Values of one type; their number is checked before any is read."""
        if depth > MAX_DEPTH:
            raise ValueError(f"{what} has arrays nested over {MAX_DEPTH} deep")
        kind = self.kind(what)
        count = self.number("<Q", f"the size of {what}")
        if kind not in ("text", "array"):
            return self.numbers(kind, count, what)
        self.check_count(count, 8 if kind == "text" else 12, what)
        return [self.value(kind, what, depth) for _ in range(count)]

    def check_count(self, count, smallest, what):
        """Refuse a count that the bytes left cannot hold."""
        if count > (room := (self.end - self.at) // smallest):
            raise ValueError(
                f"{what} should have {count} entries, but the "
                f"{self.end - self.at} bytes left hold {room} at most"
            )


def read_metadata(header, count):
    """{key: value} of `count` entries."""
    header.check_count(count, 13, "the metadata")
    metadata = {}
    for _ in range(count):
        key = header.text("a key of the metadata", MAX_KEY_BYTES)
        if key in metadata:
            raise ValueError(f"the key {key!r:.80} occurs twice")
        what = f"the value of {key!r:.80}"
        metadata[key] = header.value(header.kind(what), what)
    return metadata


def read_tensor_info(header):
    """Name and TensorInfo of one tensor; the offset is still relative."""
    name = header.text("the name of a tensor", MAX_NAME_BYTES)
    what = f"the entry of tensor {name!r}"
    n_dims = header.number("<I", what)
    if n_dims > MAX_DIMS:
        raise ValueError(
            f"tensor {name!r} has {n_dims} dimensions, more than {MAX_DIMS}"
        )
    dims = [header.number("<Q", what) for _ in range(n_dims)]
    number, offset = header.number("<I", what), header.number("<Q", what)
    if number not in TENSOR_TYPES:
        names = {number: entry[0] for number, entry in TENSOR_TYPES.items()}
        raise ValueError(
            f"tensor {name!r} has type {number}; this reader knows {names}"
        )
    tensor_type, block, block_bytes, _ = TENSOR_TYPES[number]
    if 0 in dims or (dims or [1])[0] % block:
        raise ValueError(
            f"tensor {name!r} of type {tensor_type} has dimensions {dims}; "
            f"none may be 0 and the first must be a multiple of {block}"
        )
    shape = tuple(reversed(dims))  # the file lists the contiguous one first
    n_bytes = math.prod(shape) // block * block_bytes
    return name, TensorInfo(shape, tensor_type, offset, n_bytes)


def read_tensor_table(header, count):
    """{name: TensorInfo}, the offsets relative to the data."""
    header.check_count(count, 24, "the table of tensors")
    tensors = {}
    for _ in range(count):
        name, info = read_tensor_info(header)
        if name in tensors:
            raise ValueError(f"the tensor {name!r} occurs twice")
        tensors[name] = info
    return tensors


def place(tensors, header_bytes, alignment, n_bytes):
    """The table with offsets from the beginning of the file.

    Raises ValueError unless every tensor is aligned, inside the file's
    `n_bytes` and free of overlaps.
    """
    if alignment < 8 or alignment & (alignment - 1):
        raise ValueError(
            f"general.alignment is {alignment}; it must be a power of two "
            "of at least 8"
        )
    data_start = -(-header_bytes // alignment) * alignment
    end, before = data_start, "the header"
    for name, info in sorted(tensors.items(), key=lambda t: t[1].offset):
        start = data_start + info.offset
        if info.offset % alignment or start < end:
            raise ValueError(
                f"tensor {name!r} begins at byte {start}; expected a multiple "
                f"of {alignment} after the data's beginning at {data_start}, "
                f"and not before {end}, where {before} ends"
            )
        end, before = start + info.n_bytes, f"tensor {name!r}"
        if end > n_bytes:
            raise ValueError(
                f"{before} of shape {info.shape} and type {info.type} ends "
                f"at byte {end}, but the file has {n_bytes}; was it cut?"
            )
    return {
        name: info._replace(offset=data_start + info.offset)
        for name, info in tensors.items()
    }


def parse_gguf(data):
    """A GGUFFile from all bytes of one; errors as in `read_gguf`."""
    header = Header(data)
    start = header.skip(4, "the magic")
    if (magic := data[start:4]) != MAGIC:
        raise ValueError(f"it begins with {magic!r}, expected {MAGIC!r}")
    if (version := header.number("<I", "the version")) != VERSION:
        raise ValueError(
            f"its version is {version}, expected {VERSION} (little-endian); "
            "convert the model again with a current llama.cpp"
        )
    n_tensors = header.number("<Q", "the number of tensors")
    n_values = header.number("<Q", "the number of metadata entries")
    metadata = read_metadata(header, n_values)
    tensors = read_tensor_table(header, n_tensors)
    alignment = metadata.get("general.alignment", 32)
    if not isinstance(alignment, int):
        raise ValueError(f"general.alignment is {alignment!r}, not a number")
    tensors = place(tensors, header.at, alignment, len(data))
    return GGUFFile(metadata, tensors, data)


def read_gguf(path):
    """Open a GGUF file: its metadata and its tensors, memory-mapped.

    Raises ValueError, with the file's name, what was expected and what was
    found, when the file is damaged or of a kind that is not read here; an
    OSError when it cannot be opened.
    """
    with Path(path).open("rb") as file:
        try:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
            return parse_gguf(data)
        except ValueError as error:
            raise ValueError(f"{path} is not a GGUF file: {error}") from error
