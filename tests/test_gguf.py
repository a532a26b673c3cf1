"""The GGUF reader: the `gguf` package as oracle for what is well formed, then
files that are damaged or hostile, each refused for its own reason, then
thousands of random damages."""

import random
import struct
import tracemalloc

import gguf
import numpy as np
import pytest
import torch
from gguf import GGMLQuantizationType, GGUFReader, GGUFValueType, GGUFWriter

from scratchlm.gguf import (
    MAX_DEPTH,
    MAX_HEADER_BYTES,
    TENSOR_TYPES,
    dequantize,
    parse_gguf,
    read_gguf,
)
from scratchlm.smollm2 import smollm2_file

TYPES = [entry[0] for entry in TENSOR_TYPES.values()]
NUMBER, TEXT, ARRAY = 4, 8, 9  # uint32, and two others, as the file says
# Two dimensions are written in reverse order, so that none may be swapped.
SHAPES = [(64,), (5, 32), (2, 3, 96), (1, 2, 5, 160)]


def write_file(path, seed=0, alignment=None):
    """A file by the `gguf` package; returns {name: (type, bytes, shape)}."""
    rng = np.random.default_rng(seed)
    writer = GGUFWriter(path, "llama")
    if alignment:
        writer.add_custom_alignment(alignment)
    for code in [f"{u}int{n}" for u in ("u", "") for n in (8, 16, 32, 64)]:
        bound = np.iinfo(code)
        add = getattr(writer, f"add_{code}")
        add(f"low.{code}", int(bound.min))
        add(f"high.{code}", int(bound.max))
    writer.add_float32("pi.short", 3.14)
    writer.add_float64("pi.long", 3.141592653589793)
    writer.add_bool("yes", True)
    writer.add_bool("no", False)
    writer.add_string("empty", "")
    writer.add_string("text", "Zürich 日本 👩‍🚀\n")
    writer.add_array("texts", ["a", "", "ß" * 300])
    writer.add_array("numbers", [1, -2, 3])
    writer.add_array("fractions", [0.5, -0.25])
    writer.add_array("truths", [True, False, True])
    stored = {}
    for shape in SHAPES:
        for name in TYPES:
            values = rng.normal(0, 3, shape).astype(np.float32)
            values.reshape(-1)[:32] = 0  # a block without any range
            kind = GGMLQuantizationType[name]
            data = gguf.quants.quantize(values, kind)
            full = f"{name}.{len(shape)}"
            writer.add_tensor(full, data, raw_dtype=kind)
            stored[full] = (kind, data, shape)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return stored


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    path = tmp_path_factory.mktemp("gguf") / "small.gguf"
    return path, write_file(path)


# --- what is well formed ---------------------------------------------------


def test_metadata_equals_that_of_the_gguf_package(written):
    path, _ = written
    ours = read_gguf(path).metadata
    fields = GGUFReader(path).fields
    theirs = {key: fields[key].contents() for key in fields}
    for key in [key for key in theirs if key.startswith("GGUF.")]:
        del theirs[key]  # counts, which it lists among the metadata
    assert list(ours) == list(theirs)
    for key, value in theirs.items():
        found = ours[key]
        found = found.tolist() if isinstance(found, np.ndarray) else found
        assert (found, type(found)) == (value, type(value)), key
    assert ours["text"] == "Zürich 日本 👩‍🚀\n"
    assert ours["high.uint64"] == 2**64 - 1


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("alignment", [None, 8, 64])
def test_tensors_equal_those_of_the_gguf_package(tmp_path, seed, alignment):
    path = tmp_path / "small.gguf"
    stored = write_file(path, seed, alignment)
    file = read_gguf(path)
    assert list(file.tensors) == list(stored)
    for tensor in GGUFReader(path).tensors:
        info = file.tensors[tensor.name]
        assert info.offset == tensor.data_offset
        assert info.n_bytes == tensor.n_bytes
        assert info.type == tensor.tensor_type.name
    for name, (kind, data, shape) in stored.items():
        expected = gguf.quants.dequantize(data, kind)
        found = file.read(name)
        assert found.dtype == torch.float32
        assert tuple(found.shape) == file.tensors[name].shape == shape
        assert np.array_equal(found.numpy(), expected)


@pytest.mark.parametrize("kind", ["Q4_1", "Q8_0", "F16"])
def test_every_pattern_of_bytes_is_decoded_as_by_the_gguf_package(kind):
    rng = np.random.default_rng(1)
    raw = rng.integers(0, 256, 34 * 20 * 500, dtype=np.uint8)
    _, block, n_bytes, _ = next(
        entry for entry in TENSOR_TYPES.values() if entry[0] == kind
    )
    shape = (len(raw) // n_bytes, block)
    with np.errstate(all="ignore"):  # scales may be infinite here
        theirs = gguf.quants.dequantize(
            raw.reshape(-1, n_bytes), GGMLQuantizationType[kind]
        )
    ours = dequantize(torch.from_numpy(raw), kind, shape).numpy()
    np.testing.assert_array_equal(ours, theirs.reshape(shape))


def test_quantised_blocks_hold_low_halves_first():
    scale_and_minimum = np.array([2.0, -1.0], "<f2").tobytes()
    block = scale_and_minimum + bytes(range(0, 256, 16))[:8] + bytes(8)
    raw = torch.frombuffer(bytearray(block), dtype=torch.uint8)
    values = dequantize(raw, "Q4_1", (32,))
    assert values[:16].unique().tolist() == [-1.0]
    assert values[16:24].tolist() == [2.0 * q - 1.0 for q in range(8)]


def test_bytes_that_do_not_fit_the_shape_are_refused():
    raw = torch.zeros(40, dtype=torch.uint8)
    assert dequantize(raw, "Q4_1", (2, 32)).shape == (2, 32)
    with pytest.raises(ValueError, match=r"40 bytes .* shape \(3, 32\)"):
        dequantize(raw, "Q4_1", (3, 32))
    with pytest.raises(ValueError, match="type 'Q4_0'"):
        dequantize(raw, "Q4_0", (2, 32))


def test_an_unknown_tensor_is_named(written):
    with pytest.raises(
        ValueError, match=r"no tensor 'Q4_2'; .* 16 are \['F32.1'"
    ):
        read_gguf(written[0]).read("Q4_2")


def test_a_tensor_is_a_copy_and_the_file_stays_as_it_was(written):
    path, _ = written
    before = path.read_bytes()
    file = read_gguf(path)
    first = file.read("F32.2")
    first.zero_()
    assert file.read("F32.2").abs().max() > 0
    assert path.read_bytes() == before


def test_smollm2_is_decoded_as_by_the_gguf_package():
    file, reader = read_gguf(smollm2_file()), GGUFReader(smollm2_file())
    assert len(file.tensors) == len(reader.tensors) == 272
    names = ["token_embd.weight", "output_norm.weight"]
    names += [name for name in file.tensors if name.startswith("blk.17.")]
    for tensor in reader.tensors:
        if tensor.name in names:
            theirs = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
            found = file.read(tensor.name).numpy()
            assert np.array_equal(found, theirs), tensor.name


# --- what is not -----------------------------------------------------------


def text(content):
    content = content if isinstance(content, bytes) else content.encode()
    return struct.pack("<Q", len(content)) + content


def value(key, kind, content):
    return text(key) + struct.pack("<I", kind) + content


def array(kind, count, content=b""):
    return struct.pack("<IQ", kind, count) + content


def tensor(name="w", dims=(32, 2), kind=0, offset=0):
    dims = struct.pack(f"<I{len(dims)}Q", len(dims), *dims)
    return text(name) + dims + struct.pack("<IQ", kind, offset)


def file_of(
    values=(),
    tensors=(),
    n_values=None,
    n_tensors=None,
    magic=b"GGUF",
    version=3,
    n_data=256,
    alignment=32,
):
    """The bytes of a file, right unless an argument says otherwise."""
    counts = (
        len(tensors) if n_tensors is None else n_tensors,
        len(values) if n_values is None else n_values,
    )
    header = magic + struct.pack("<IQQ", version, *counts)
    header += b"".join([*values, *tensors])
    return bytearray(header + bytes(-len(header) % alignment + n_data))


def nested(depth):
    """An array in an array in ... of one number."""
    content = array(NUMBER, 1, struct.pack("<I", 7))
    for _ in range(depth - 1):
        content = array(ARRAY, 1, content)
    return value("deep", ARRAY, content)


def test_the_hand_made_file_is_right():
    file = parse_gguf(
        file_of(
            [value("a", NUMBER, struct.pack("<I", 5)), nested(MAX_DEPTH)],
            [tensor(), tensor("s", (), 0, 256)],
            n_data=288,
        )
    )
    assert file.metadata["a"] == 5
    assert file.tensors["w"].shape == (2, 32)
    assert file.read("s").shape == ()


FIVE = struct.pack("<I", 5)
HUGE = 2**63
REFUSED = {
    "nothing": (bytearray(), "the magic at byte 0 takes 4 bytes, but only 0"),
    "magic": (
        file_of(magic=b"GGML"),
        r"begins with .*GGML.*, expected b'GGUF'",
    ),
    "a zip": (bytearray(b"PK\3\4" + bytes(99)), "expected b'GGUF'"),
    "version": (file_of(version=2), r"version is 2, expected 3"),
    "big-endian": (file_of(version=3 << 24), "50331648, expected 3"),
    "no counts": (file_of()[:20], "metadata entries at byte 16 takes 8"),
    "many values": (
        file_of(n_values=HUGE),
        f"metadata should have {HUGE} entries, but the .* at most",
    ),
    "many tensors": (file_of(n_tensors=HUGE), f"tensors should have {HUGE}"),
    "long key": (
        file_of([struct.pack("<Q", 2**40) + b"key"]),
        "a key of the metadata has 1099511627776 bytes, more than .* 65535",
    ),
    "long text": (
        file_of([value("a", TEXT, struct.pack("<Q", 10**6) + b"short")]),
        "the value of 'a' at byte .* takes 1000000 bytes, but only",
    ),
    "endless text": (
        file_of([value("a", TEXT, struct.pack("<Q", 2**64 - 1))]),
        "the value of 'a' has 18446744073709551615 bytes, more than",
    ),
    "not UTF-8": (file_of([value("a", TEXT, text(b"\xff\xfe"))]), "not UTF-8"),
    "key that fills the screen": (
        file_of([value("a" * 65_535, 99, FIVE)]),
        r"the value of 'a{50,80} has the unknown type 99",
    ),
    "key not UTF-8": (file_of([value(b"\xc3", NUMBER, FIVE)]), "not UTF-8"),
    "key twice": (file_of([value("a", NUMBER, FIVE)] * 2), "'a' occurs twice"),
    "type of value": (
        file_of([value("a", 13, FIVE)]),
        "'a' has the unknown type 13; types are 0 to 12",
    ),
    "type in array": (
        file_of([value("a", ARRAY, array(99, 0))]),
        "'a' has the unknown type 99",
    ),
    "neither true nor false": (
        file_of([value("a", 7, b"\2")]),
        "'a' is true or false, so each byte 0 or 1",
    ),
    "neither, in an array": (
        file_of([value("a", ARRAY, array(7, 3, b"\0\1\2"))]),
        "'a' is true or false",
    ),
    "many numbers": (
        file_of([value("a", ARRAY, array(NUMBER, 2**61))]),
        "'a' at byte .* takes 9223372036854775808 bytes, but only",
    ),
    "many texts": (
        file_of([value("a", ARRAY, array(TEXT, 2**61))]),
        "'a' should have 2305843009213693952 entries",
    ),
    "many arrays": (
        file_of([value("a", ARRAY, array(ARRAY, 2**61))]),
        "'a' should have 2305843009213693952 entries",
    ),
    "deep": (file_of([nested(MAX_DEPTH + 1)]), "nested over 4 deep"),
    "deeper": (file_of([nested(50_000)]), "nested over 4 deep"),
    "alignment 0": (
        file_of([value("general.alignment", NUMBER, bytes(4))]),
        "general.alignment is 0; it must be a power of two",
    ),
    "alignment 24": (
        file_of([value("general.alignment", NUMBER, b"\x18\0\0\0")]),
        "general.alignment is 24; it must be a power of two",
    ),
    "alignment in words": (
        file_of([value("general.alignment", TEXT, text("much"))]),
        "general.alignment is 'much', not a number",
    ),
    "dimensions": (
        file_of(tensors=[tensor(dims=(1, 1, 1, 1, 1))]),
        "'w' has 5 dimensions, more than 4",
    ),
    "many dimensions": (
        file_of(tensors=[text("w") + struct.pack("<I", 2**32 - 1)]),
        "'w' has 4294967295 dimensions",
    ),
    "long name": (
        file_of(tensors=[tensor("w" * 65)]),
        "the name of a tensor has 65 bytes, more than the limit of 64",
    ),
    "type of tensor": (
        file_of(tensors=[tensor(kind=14)]),
        "'w' has type 14; this reader knows {0: 'F32'",
    ),
    "empty tensor": (
        file_of(tensors=[tensor(dims=(32, 0))]),
        r"'w' of type F32 has dimensions \[32, 0\]; none may be 0",
    ),
    "part of a block": (
        file_of(tensors=[tensor(dims=(33, 2), kind=8)]),
        r"'w' of type Q8_0 has dimensions \[33, 2\].* multiple of 32",
    ),
    "blocks across rows": (
        file_of(tensors=[tensor(dims=(16, 2), kind=3)]),
        r"'w' of type Q4_1 has dimensions \[16, 2\].* multiple of 32",
    ),
    "sizes whose product overflows": (
        file_of(tensors=[tensor(dims=(2**32, 2**32))]),  # 0 in 64 bits
        r"'w' of shape \(4294967296, 4294967296\) .* but the file has",
    ),
    "negative sizes": (
        file_of(tensors=[tensor(dims=(2**64 - 32, 2))]),
        "but the file has",
    ),
    "out of the file": (
        file_of(tensors=[tensor()], n_data=255),
        r"'w' of shape \(2, 32\) and type F32 ends at byte 352, but the file "
        "has 351",
    ),
    "far out of the file": (
        file_of(tensors=[tensor(offset=2**63)]),
        "ends at byte 92233720368547",
    ),
    "unaligned": (
        file_of(tensors=[tensor(offset=16)], n_data=512),
        "'w' begins at byte 112; expected a multiple of 32",
    ),
    "overlap": (
        file_of(tensors=[tensor(), tensor("v", offset=224)], n_data=999),
        "'v' begins at byte .* not before .*, where tensor 'w' ends",
    ),
    "the same bytes twice": (
        file_of(tensors=[tensor(), tensor("v")]),
        "'v' begins at byte .* where tensor 'w' ends",
    ),
    "name twice": (
        file_of(tensors=[tensor(), tensor(offset=256)], n_data=999),
        "the tensor 'w' occurs twice",
    ),
    "header without end": (
        file_of([value("a", TEXT, text(bytes(MAX_HEADER_BYTES)))]),
        "'a' at byte .* takes 16777216 bytes, but only",
    ),
}


@pytest.mark.parametrize("damage", REFUSED)
def test_a_hostile_file_is_refused_with_its_reason(damage):
    content, reason = REFUSED[damage]
    tracemalloc.start()
    with pytest.raises(ValueError, match=reason):
        parse_gguf(content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 300_000  # bytes: nothing was taken on its word


def test_errors_name_the_file(tmp_path):
    path = tmp_path / "model.gguf"
    for content in (b"", b"GG", b"not a model"):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"model.gguf is not a GGUF file"):
            read_gguf(path)
    with pytest.raises(FileNotFoundError):
        read_gguf(tmp_path / "missing.gguf")


def test_many_tiny_values_do_not_become_many_large_objects():
    texts = value("a", ARRAY, array(TEXT, 10_000, bytes(80_000)))
    arrays = value("b", ARRAY, array(ARRAY, 9_000, bytes(12 * 9_000)))
    content = file_of([texts, arrays])
    tracemalloc.start()
    parse_gguf(content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 12 * len(content)


def damaged(content, rng):
    """The file with one to four random damages."""
    content = bytearray(content)
    for _ in range(rng.randint(1, 4)):
        if not content:
            break
        at = rng.randrange(len(content))
        kind = rng.randrange(5)
        if kind == 0:
            content[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            content[at] = rng.randrange(256)
        elif kind == 2:
            number = rng.choice([0, 1, 2**31, 2**32 - 1, 2**63, 2**64 - 1])
            content[at : at + 8] = struct.pack("<Q", number)
        elif kind == 3:
            del content[at : at + rng.randint(1, 64)]
        else:
            del content[max(at, 1) :]
    return content


def test_random_damage_raises_valueerror_or_nothing(tmp_path):
    path = tmp_path / "small.gguf"
    write_file(path)
    whole = path.read_bytes()
    header = whole[: min(i.offset for i in read_gguf(path).tensors.values())]
    rng = random.Random(0)
    reasons = []
    for _ in range(6_000):
        # most damages to the header, where the danger is
        part = header if rng.random() < 0.8 else whole
        content = damaged(part, rng)
        if part is header:
            content += whole[len(header) :]
        try:
            file = parse_gguf(content)
            for name in file.tensors:
                file.read(name)
        except ValueError as error:
            reasons.append(str(error))
    assert 3_000 < len(reasons) < 6_000
    assert max(map(len, reasons)) < 2_000


def test_every_cut_is_refused_or_loses_only_padding(tmp_path):
    path = tmp_path / "small.gguf"
    write_file(path)
    whole = path.read_bytes()
    infos = read_gguf(path).tensors.values()
    end = max(info.offset + info.n_bytes for info in infos)
    parse_gguf(whole[:end])
    for n_bytes in [*range(1_000), *range(1_000, end, 97), end - 1]:
        with pytest.raises(ValueError, match=r"left|the file has|hold"):
            parse_gguf(whole[:n_bytes])


def test_value_types_are_numbered_as_in_the_gguf_package():
    from scratchlm.gguf import VALUE_TYPES

    names = {"bool": "BOOL", "text": "STRING", "array": "ARRAY"}
    for number, kind in enumerate(VALUE_TYPES):
        name = names.get(kind) or np.dtype(kind).name.upper()
        assert GGUFValueType(number).name == name
    assert len(VALUE_TYPES) == len(GGUFValueType)
