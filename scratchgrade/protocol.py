"""The data that passes between checks and student code: values, not objects.

Checks never see a student's object. They see the plain value that came over
the wire, rebuilt from JSON and safetensors bytes, so an object that claims to
equal everything, or a list that lies about its length, has no say in a
comparison. The same trip is made in a student's own notebook, so a check
gives the same verdict there as in grading.

Three layers, each small: `pack` and `unpack` (a value and its bytes),
`perform` (one call, bytes in, bytes out), `write_frame` and `read_frame`
(messages on a pipe). numpy and safetensors are imported when the first array
passes, so a box for pure Python starts in a few hundredths of a second.
"""

import copy
import json
import linecache
import struct
import sys
from typing import Any, BinaryIO, NamedTuple

MAX_DEPTH = 24
MAX_ITEMS = 2_000_000
MAX_HEAD = 1 << 20  # bytes of a frame's head
MAX_DATA = 64 << 20  # bytes of a frame's value, arrays included


class NotPlainData(TypeError):
    """A value that the protocol does not carry."""


class BadFrame(ValueError):
    """Bytes on the pipe that are no message of ours."""


class StudentError(Exception):
    """Student code raised, or returned what the protocol does not carry.

    Attributes:
        kind: the name of the exception's class, "IndexError".
        message: its text, cut to 300 characters.
        line: the deepest line of the student's own code, when known.
    """

    def __init__(self, kind: str, message: str, line: str = ""):
        super().__init__(f"{kind}: {message}")
        self.kind, self.message, self.line = kind, message, line


# --- values ----------------------------------------------------------------


def pack(value: Any) -> tuple[bytes, bytes]:
    """Turn a plain value into (JSON bytes, safetensors bytes).

    Carried: None, bool, int, float, str, bytes, list, tuple, set, frozenset,
    dict with any of these as keys, and numpy arrays or torch tensors, which
    arrive as numpy arrays. Subclasses are reduced to what they derive from.
    An iterator or generator must be turned into a list by its author.

    Raises:
        NotPlainData: for anything else, too deep or too large a value.

    >>> pack((1, "a"))
    (b'{"t":[1,"a"]}', b'')
    """
    packer = _Packer()
    tree = packer.node(value, 0)
    header = json.dumps(tree, separators=(",", ":")).encode()
    if not packer.arrays:
        return header, b""
    from safetensors.numpy import save

    return header, save(packer.arrays)


def unpack(header: bytes, payload: bytes = b"") -> Any:
    """Rebuild the value of `pack`; the bytes may come from a stranger.

    Raises:
        NotPlainData: if the bytes are not something `pack` writes.

    >>> unpack(b'{"t":[1,"a"]}')
    (1, 'a')
    """
    try:
        unpacker = _Unpacker(_load_arrays(payload) if payload else {})
        return unpacker.node(json.loads(header), 0)
    except NotPlainData:
        raise
    except (
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        RecursionError,
    ) as error:
        raise NotPlainData(f"malformed data: {error}") from None


class _Packer:
    def __init__(self):
        self.arrays: dict[str, Any] = {}
        self.items = 0

    def node(self, x: Any, depth: int) -> Any:
        self.items += 1
        if depth > MAX_DEPTH:
            raise NotPlainData(f"nested deeper than {MAX_DEPTH} levels")
        if self.items > MAX_ITEMS:
            raise NotPlainData(f"more than {MAX_ITEMS:,} values")
        if x is None or x is True or x is False:
            return x
        # The true class is asked, which an object cannot lie about, and the
        # base class's own methods are called, never an override.
        true = type(x)
        if issubclass(true, str):
            return _text_node(str.__str__(x))
        if issubclass(true, int):
            n = int.__int__(x)
            return n if abs(n) <= 2**53 else {"i": str(n)}
        if issubclass(true, float):
            return {"f": float.__repr__(x)}
        if issubclass(true, (bytes, bytearray)):
            return {"b": bytes(memoryview(x)).hex()}
        for kind, letter in ((list, "l"), (tuple, "t")):
            if issubclass(true, kind):
                return {
                    letter: [self.node(v, depth + 1) for v in kind.__iter__(x)]
                }
        for kind in (set, frozenset):
            if issubclass(true, kind):
                nodes = [self.node(v, depth + 1) for v in kind.__iter__(x)]
                return {"e": sorted(nodes, key=json.dumps)}
        if issubclass(true, dict):
            return {
                "d": [
                    [self.node(k, depth + 1), self.node(v, depth + 1)]
                    for k, v in dict.items(x)
                ]
            }
        return self.array(x, depth)

    def array(self, x: Any, depth: int) -> Any:
        # Whoever holds an array has imported its library already.
        numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
        if numpy and issubclass(type(x), numpy.generic):
            return self.node(x.item(), depth)
        if torch and issubclass(type(x), torch.Tensor):
            try:
                x = x.detach().cpu().numpy()
            except TypeError:  # bfloat16, for one, is not known to numpy
                raise NotPlainData(
                    f"a tensor of {x.dtype} cannot be compared; return it "
                    "with .float()"
                ) from None
        if not (numpy and issubclass(type(x), numpy.ndarray)):
            raise NotPlainData(
                f"a {type(x).__name__} cannot be compared; return plain "
                "Python values (numbers, text, bytes, lists, tuples, sets, "
                "dicts)"
            )
        if x.dtype.name not in _DTYPES:
            raise NotPlainData(f"an array of {x.dtype} cannot be compared")
        name = f"a{len(self.arrays)}"
        # A plain, contiguous copy; ascontiguousarray alone makes 0-d 1-d.
        self.arrays[name] = numpy.array(x, order="C", subok=False)
        return {"a": name}


_DTYPES = {"bool", "float16", "float32", "float64"} | {
    f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)
}


def _text_node(text: str) -> Any:
    try:
        text.encode()
    except UnicodeEncodeError:  # a lone surrogate
        return {"s": text.encode("utf-8", "surrogatepass").hex()}
    return text


def _load_arrays(payload: bytes) -> dict[str, Any]:
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        return load(payload)
    except SafetensorError as error:
        raise NotPlainData(f"malformed arrays: {error}") from None


class _Unpacker:
    def __init__(self, arrays: dict[str, Any]):
        self.arrays, self.items = arrays, 0

    def node(self, node: Any, depth: int) -> Any:
        self.items += 1
        if depth > MAX_DEPTH or self.items > MAX_ITEMS:
            raise NotPlainData("deeper or larger than the protocol allows")
        if node is None or isinstance(node, (bool, int, str)):
            return node
        if not isinstance(node, dict) or len(node) != 1:
            raise NotPlainData(f"not a node of the protocol: {node!r:.60}")
        ((letter, value),) = node.items()
        match letter:
            case "s":
                return bytes.fromhex(value).decode("utf-8", "surrogatepass")
            case "i" if isinstance(value, str):
                return int(value)
            case "f" if isinstance(value, str):
                return float(value)
            case "b":
                return bytes.fromhex(value)
            case "a":
                return self.arrays[value]
            case "l":
                return [self.node(v, depth + 1) for v in value]
            case "t":
                return tuple(self.node(v, depth + 1) for v in value)
            case "e":
                return {self.node(v, depth + 1) for v in value}
            case "d":
                return {
                    self.node(k, depth + 1): self.node(v, depth + 1)
                    for k, v in value
                }
        raise NotPlainData(f"not a node of the protocol: {node!r:.60}")


# --- calls -----------------------------------------------------------------


def perform(
    namespace: dict[str, Any], name: str, request: tuple[bytes, bytes]
) -> tuple[bytes, bytes]:
    """Call `name` on the packed (args, kwargs, calls); pack its result.

    With `calls` not None, `name` is a class: it is built with the arguments,
    the methods in `calls`, pairs of (method, arguments), are called in order,
    and the list of their results is packed. The method "*inputs" stands for
    the arguments of `name` itself, as they are by then.

    Raises:
        StudentError: for whatever the student's code raised.
        KeyboardInterrupt, SystemExit: pass through.
    """
    args, kwargs, calls = unpack(*request)
    try:
        result = namespace[name](*args, **kwargs)
        if calls is not None:
            result = [
                copy.deepcopy(args)
                if method == "*inputs"
                else getattr(result, method)(*arguments)
                for method, arguments in calls
            ]
        return pack(result)
    except (KeyboardInterrupt, SystemExit):
        raise
    except NotPlainData as error:
        raise StudentError("TypeError", str(error)) from None
    except BaseException as error:
        raise student_error(error) from None


def student_error(error: BaseException) -> StudentError:
    """What is kept of an exception: class name, text, line of its cause."""
    try:
        message = str.__str__(str(error))[:300]
    except BaseException:
        message = "(its message cannot be shown)"
    return StudentError(type(error).__name__[:80], message, _line_of(error))


def _line_of(error: BaseException) -> str:
    """The deepest line of the student's own code in the traceback."""
    found, trace = "", error.__traceback__
    while trace:
        file = trace.tb_frame.f_code.co_filename
        if "scratchgrade" not in file and "site-packages" not in file:
            line = linecache.getline(file, trace.tb_lineno).strip()
            found = line or found
        trace = trace.tb_next
    return found[:120]


# --- messages --------------------------------------------------------------

_FRAME = struct.Struct(">4sIII")
_MAGIC = b"sgr1"


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
    _check_sizes(len(head), len(body) + len(arrays))
    sizes = len(head), len(body), len(arrays)
    for part in (_FRAME.pack(_MAGIC, *sizes) + head, body, arrays):
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
    magic, n_head, n_body, n_arrays = _FRAME.unpack(
        _read_exactly(stream, _FRAME.size)
    )
    if magic != _MAGIC:
        raise BadFrame(f"a message begins with {_MAGIC!r}, not {magic!r}")
    _check_sizes(n_head, n_body + n_arrays)
    try:
        head = json.loads(_read_exactly(stream, n_head))
    except (ValueError, RecursionError) as error:
        raise BadFrame(f"the head of a message is not JSON: {error}") from None
    if not isinstance(head, dict):
        raise BadFrame("the head of a message is a JSON object")
    value = _read_exactly(stream, n_body), _read_exactly(stream, n_arrays)
    return Frame(head, value)


def _check_sizes(n_head: int, n_data: int) -> None:
    if n_head > MAX_HEAD or n_data > MAX_DATA:
        raise BadFrame(
            f"a message of {n_head:,} + {n_data:,} bytes; the limits are "
            f"{MAX_HEAD:,} and {MAX_DATA:,}"
        )


def _read_exactly(stream: BinaryIO, n: int) -> bytes:
    data = stream.read(n)
    if len(data) < n:
        raise EOFError(f"the pipe ended after {len(data)} of {n} bytes")
    return data
