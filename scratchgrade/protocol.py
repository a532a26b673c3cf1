"""The data that passes between checks and student code: values, not objects.

Checks never see a student's object. They see the plain value that came over
the wire, rebuilt from JSON and safetensors bytes, so an object that claims to
equal everything, or a list that lies about its length, has no say in a
comparison. The same trip is made in a student's own notebook, so a check
gives the same verdict there as in grading.

`pack` and `unpack` turn a value into bytes and back; orders.py says what is
done with the values, frames.py carries the bytes. numpy and safetensors are
imported when the first array passes, so a box for pure Python starts in a few
hundredths of a second.
"""

import json
import linecache
import sys
from itertools import chain
from typing import Any

MAX_DEPTH = 24
MAX_ITEMS = 2_000_000
MAX_ARRAYS = 10_000
MAX_LISTED = 100 * MAX_ARRAYS  # bytes: names, shapes and places of arrays


class NotPlainData(TypeError):
    """A value that the protocol does not carry."""


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
                if self.counts_as_json(x, true):
                    return {letter: list(x)}
                values = kind.__iter__(x)
                if self.counts_as_pairs(x, true, depth):
                    return {letter: [{"t": list(v)} for v in values]}
                return {letter: [self.node(v, depth + 1) for v in values]}
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

    def counts_as_json(self, x: list | tuple, true: type) -> bool:
        """Whether each value in x is its own node; counts them if so.

        What most answers are, ids and texts, at the speed of C.
        """
        if true is not list and true is not tuple:
            return False
        kinds = set(map(type, x))
        if kinds == {int}:
            if min(x) < -(2**53) or max(x) > 2**53:
                return False
        elif kinds == {str}:
            if not _is_text("".join(x)):
                return False
        else:
            return False
        self.items += len(x)
        return self.items <= MAX_ITEMS

    def counts_as_pairs(self, x: list | tuple, true: type, depth: int) -> bool:
        """The same of x that holds tuples of such values, as merges do."""
        if true is not list and true is not tuple:
            return False
        if set(map(type, x)) != {tuple} or depth >= MAX_DEPTH:
            return False
        flat = list(chain.from_iterable(x))
        if not self.counts_as_json(flat, list):
            return False
        self.items += len(x)
        return self.items <= MAX_ITEMS

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
        if len(self.arrays) == MAX_ARRAYS:
            raise NotPlainData(
                f"more than {MAX_ARRAYS:,} arrays; put them together with "
                "numpy.stack or torch.stack"
            )
        name = f"a{len(self.arrays)}"
        # A plain, contiguous copy; ascontiguousarray alone makes 0-d 1-d.
        self.arrays[name] = numpy.array(x, order="C", subok=False)
        return {"a": name}


_DTYPES = {"bool", "float16", "float32", "float64"} | {
    f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)
}


def _is_text(text: str) -> bool:
    """Whether UTF-8 can hold it: not so with a lone surrogate."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _text_node(text: str) -> Any:
    if _is_text(text):
        return text
    return {"s": text.encode("utf-8", "surrogatepass").hex()}


def _load_arrays(payload: bytes) -> dict[str, Any]:
    from safetensors import SafetensorError
    from safetensors.numpy import load

    # An empty array costs its sender 60 bytes and the reader an object of
    # 1 kB, so the list is measured before it is read.
    listed = int.from_bytes(payload[:8], "little")
    if listed > MAX_LISTED:
        raise NotPlainData(
            f"the list of arrays has {listed:,} bytes, more than the "
            f"{MAX_LISTED:,} that {MAX_ARRAYS:,} arrays need"
        )
    try:
        return load(payload)
    except SafetensorError as error:
        raise NotPlainData(f"malformed arrays: {error}") from None


_OWN_NODES = {str, int, bool, type(None)}  # of JSON's types


class _Unpacker:
    def __init__(self, arrays: dict[str, Any]):
        self.arrays, self.items = arrays, 0

    def nodes(self, values: Any, depth: int) -> list:
        if type(values) is not list or set(map(type, values)) - _OWN_NODES:
            return [self.node(v, depth) for v in values]
        self.items += len(values)
        if depth > MAX_DEPTH or self.items > MAX_ITEMS:
            raise NotPlainData("deeper or larger than the protocol allows")
        return values

    def node(self, node: Any, depth: int) -> Any:
        self.items += 1
        if depth > MAX_DEPTH or self.items > MAX_ITEMS:
            raise NotPlainData("deeper or larger than the protocol allows")
        if node is None or isinstance(node, (bool, int, str)):
            return node
        if not isinstance(node, dict) or len(node) != 1:
            raise NotPlainData(f"not a node of the protocol: {node!r:.60}")
        ((letter, value),) = node.items()
        match letter:  # the frequent ones first
            case "t":
                return tuple(self.nodes(value, depth + 1))
            case "l":
                return self.nodes(value, depth + 1)
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
            case "e":
                return {self.node(v, depth + 1) for v in value}
            case "d":
                return {
                    self.node(k, depth + 1): self.node(v, depth + 1)
                    for k, v in value
                }
        raise NotPlainData(f"not a node of the protocol: {node!r:.60}")


# --- errors ----------------------------------------------------------------


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
