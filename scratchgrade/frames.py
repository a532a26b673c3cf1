"""Messages on a pipe: a small head of plain JSON, and a packed value.

The other side may be hostile, so `read_frame` believes no size that it has
not checked, and the head is an object of JSON and nothing else. What the
value says is for `protocol.unpack` to judge.
"""

import json
import struct
from typing import Any, BinaryIO, NamedTuple

MAX_HEAD = 1 << 20  # bytes of a frame's head
MAX_BODY = 8 << 20  # bytes of a frame's value; as objects, twenty times that
MAX_DATA = 64 << 20  # bytes of a frame's arrays

PARTS = ("a head", "a value", "arrays")
_FRAME = struct.Struct(">4sIII")
_MAGIC = b"sgr1"


class BadFrame(ValueError):
    """Bytes on the pipe that are no message of ours."""


class Frame(NamedTuple):
    """A message: a small head of plain JSON, and a packed value or none."""

    head: dict[str, Any]
    value: tuple[bytes, bytes] = (b"", b"")


def write_frame(stream: BinaryIO, frame: Frame) -> None:
    """Write one message.

    Raises:
        BadFrame: if it is larger than `read_frame` accepts.
    """
    head = json.dumps(frame.head).encode()
    body, arrays = frame.value
    sizes = len(head), len(body), len(arrays)
    _check_sizes(*sizes)
    for part in (_FRAME.pack(_MAGIC, *sizes) + head + body, arrays):
        rest = memoryview(part)
        while rest:  # an unbuffered pipe may take less than all
            rest = rest[stream.write(rest) :]
    stream.flush()


def read_frame(stream: BinaryIO) -> Frame:
    """Read one message; the other side may be hostile.

    Raises:
        EOFError: if the pipe ends before the message does.
        BadFrame: if the bytes are no message, or one too large.
    """
    magic, *sizes = _FRAME.unpack(_read_exactly(stream, _FRAME.size))
    if magic != _MAGIC:
        raise BadFrame(f"a message begins with {_MAGIC!r}, not {magic!r}")
    _check_sizes(*sizes)
    n_head, n_body, n_arrays = sizes
    try:
        head = json.loads(_read_exactly(stream, n_head))
    except (ValueError, RecursionError) as error:
        raise BadFrame(f"the head of a message is not JSON: {error}") from None
    if not isinstance(head, dict):
        raise BadFrame("the head of a message is a JSON object")
    value = _read_exactly(stream, n_body), _read_exactly(stream, n_arrays)
    return Frame(head, value)


def _check_sizes(*sizes: int) -> None:
    limits = MAX_HEAD, MAX_BODY, MAX_DATA
    for part, size, limit in zip(PARTS, sizes, limits, strict=True):
        if size > limit:
            raise BadFrame(
                f"a message with {part} of {size:,} bytes; the limit is "
                f"{limit:,}"
            )


def _read_exactly(stream: BinaryIO, n: int) -> bytes:
    data = stream.read(n)
    if len(data) < n:
        raise EOFError(f"the pipe ended after {len(data)} of {n} bytes")
    return data
