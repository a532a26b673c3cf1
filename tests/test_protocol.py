"""What passes between checks and student code: plain values, strict bytes."""

import contextlib
import json
import struct
import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scratchgrade import protocol
from scratchgrade.orders import perform
from scratchgrade.protocol import NotPlainData, StudentError, pack, unpack

atoms = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.text(st.characters(categories=["Cs"]), max_size=2)
    | st.binary()
)
keys = st.integers() | st.text() | st.tuples(st.integers(), st.text())
values = st.recursive(
    atoms,
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.sets(keys)
        | st.dictionaries(keys, inner)
    ),
    max_leaves=30,
)


def same_types(a, b) -> bool:
    if type(a) is not type(b):
        return False
    if isinstance(a, (list, tuple)):
        return all(map(same_types, a, b))
    return True


@settings(max_examples=200)
@given(values)
def test_a_value_comes_back_equal_and_of_the_same_types(value):
    back = unpack(*pack(value))
    assert back == value
    assert same_types(back, value)


@pytest.mark.parametrize("number", [float("inf"), -0.0, 2**80, -(2**60), 0.1])
def test_numbers_come_back_exactly(number):
    assert repr(unpack(*pack(number))) == repr(number)


def test_nan_comes_back():
    assert np.isnan(unpack(*pack(float("nan"))))


@pytest.mark.parametrize(
    "dtype",
    ["bool", "uint8", "int16", "int64", "float16", "float32", "float64"],
)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 5), (2, 3, 5)])
def test_arrays_come_back_with_dtype_shape_and_bytes(dtype, shape):
    array = (np.arange(np.prod(shape, dtype=int)) % 7).reshape(shape)
    array = array.astype(dtype)
    back = unpack(*pack({"x": [array, 1]}))["x"][0]
    assert back.dtype == array.dtype
    assert back.shape == array.shape
    assert back.tobytes() == array.tobytes()


def test_a_view_comes_back_as_what_it_shows():
    array = np.arange(12).reshape(3, 4).T[::2]
    np.testing.assert_array_equal(unpack(*pack(array)), array)


def test_tensors_arrive_as_arrays():
    torch = pytest.importorskip("torch")
    tensor = torch.arange(6.0, requires_grad=True).reshape(2, 3).T
    back = unpack(*pack(tensor))
    assert isinstance(back, np.ndarray)
    np.testing.assert_array_equal(back, tensor.detach().numpy())


def test_a_tensor_numpy_cannot_hold_says_what_to_do():
    torch = pytest.importorskip("torch")
    with pytest.raises(NotPlainData, match=r"bfloat16.*\.float\(\)"):
        pack(torch.ones(2, dtype=torch.bfloat16))


class Everything(list):
    """Lies about all that a list can lie about."""

    def __eq__(self, other):
        return True

    def __iter__(self):
        return iter([1, 2, 3])

    def __len__(self):
        return 99


class Pretender:
    __class__ = list

    def __eq__(self, other):
        return True


class Loud(str):
    def __str__(self):
        return "something else"

    def encode(self, *args):
        return b""


def test_a_subclass_is_reduced_to_what_it_holds():
    back = unpack(*pack(Everything([4, 5])))
    assert type(back) is list
    assert back == [4, 5]
    assert unpack(*pack(Loud("true text"))) == "true text"


def test_an_object_that_claims_to_be_a_list_is_refused():
    with pytest.raises(NotPlainData, match="a Pretender cannot be comp"):
        pack(Pretender())


@pytest.mark.parametrize(
    "value",
    [
        object(),
        iter([1]),
        (n for n in "ab"),
        1j,
        len,
        np.array([{}]),
        np.array(["a"]),
    ],
)
def test_what_is_no_plain_value_is_refused(value):
    with pytest.raises(NotPlainData, match="cannot be compared"):
        pack([value])


def test_too_deep_and_too_large_values_are_refused(monkeypatch):
    deep = []
    for _ in range(protocol.MAX_DEPTH + 2):
        deep = [deep]
    with pytest.raises(NotPlainData, match="nested deeper"):
        pack(deep)
    monkeypatch.setattr(protocol, "MAX_ITEMS", 100)
    with pytest.raises(NotPlainData, match="more than 100"):
        pack(list(range(101)))
    with pytest.raises(NotPlainData, match="larger"):
        unpack(json.dumps({"l": [0] * 101}).encode())


HOSTILE = [
    b"",
    b"nonsense",
    b"NaN",
    b"1.5",
    b"[1]",
    b"{}",
    b'{"l": 5}',
    b'{"l": [1], "t": [1]}',
    b'{"z": 1}',
    b'{"a": "a0"}',
    b'{"a": ["a0"]}',
    b'{"i": 1.5}',
    b'{"i": "' + b"9" * 5_000 + b'"}',
    b'{"f": "cheese"}',
    b'{"b": "xyz"}',
    b'{"b": 5}',
    b'{"s": "ff"}',
    b'{"e": [{"l": []}]}',
    b'{"d": [[{"l": []}, 1]]}',
    b'{"d": [1]}',
    b'{"d": [[1, 2, 3]]}',
    b"[" * 100_000,
    b'{"l":[' * 5_000 + b"]}" * 5_000,
    b"9" * 10_000,
    b"\xff\xfe",
]


@pytest.mark.parametrize("header", HOSTILE, ids=lambda h: repr(h[:20]))
def test_hostile_values_are_refused(header):
    with pytest.raises(NotPlainData):
        unpack(header)


@pytest.mark.parametrize(
    "payload",
    [
        b"x",
        b"\x80\x04K\x01.",  # a pickle
        struct.pack("<Q", 2**60),
        struct.pack("<Q", 2) + b"{}extra",
        struct.pack("<Q", 100) + b"{",
        b"\xff" * 64,
    ],
)
def test_hostile_arrays_are_refused(payload):
    with pytest.raises(NotPlainData):
        unpack(b'{"a": "a0"}', payload)


def test_a_long_list_of_empty_arrays_is_refused_before_it_is_read():
    """A million of them fit into one reply, and are 2 GB as objects."""
    empty = {"dtype": "F64", "shape": [0], "data_offsets": [0, 0]}
    names = range(protocol.MAX_LISTED // 50)
    listed = json.dumps({f"a{n}": empty for n in names}).encode()
    with pytest.raises(NotPlainData, match=r"has 1,\d{3},\d{3} bytes"):
        unpack(b'{"a":"a0"}', struct.pack("<Q", len(listed)) + listed)


def test_as_many_arrays_as_are_allowed_come_back_and_no_more(monkeypatch):
    arrays = [np.zeros((0, 1, 2, 3))] * protocol.MAX_ARRAYS
    assert len(unpack(*pack(arrays))) == protocol.MAX_ARRAYS
    with pytest.raises(NotPlainData, match=r"10,000 arrays.*stack"):
        pack([*arrays, arrays[0]])


@settings(max_examples=300)
@given(st.binary(max_size=60), st.binary(max_size=60))
def test_no_bytes_make_unpack_fail_in_another_way(header, payload):
    with contextlib.suppress(NotPlainData):
        unpack(header, payload)


# --- calls -----------------------------------------------------------------


def ask(namespace, name, *args, do="call", **fields):
    order = {"do": do, "args": args, **fields}
    return unpack(*perform(namespace, name, pack(order)))


def test_a_call_gets_copies_and_returns_a_copy():
    kept = []

    def keep(items):
        kept.append(items)
        items.append(3)
        return items

    mine = [1, 2]
    assert ask({"keep": keep}, "keep", mine) == [1, 2, 3]
    assert mine == [1, 2]


def test_a_class_is_built_and_driven():
    class Tally:
        def __init__(self, start):
            self.n = start

        def add(self, n):
            self.n += n
            return self.n

    got = ask(
        {"T": Tally}, "T", 5, do="drive", calls=[("add", (1,)), ("add", (2,))]
    )
    assert got == [6, 8]


def test_what_student_code_raises_becomes_a_student_error():
    class Worse(Exception):
        def __str__(self):
            raise RuntimeError

    def bad():
        raise Worse

    with pytest.raises(StudentError) as caught:
        ask({"bad": bad}, "bad")
    assert caught.value.kind == "Worse"
    assert caught.value.message == "(its message cannot be shown)"
    assert caught.value.line == "raise Worse"


def test_a_result_that_is_no_data_is_the_students_mistake():
    with pytest.raises(StudentError, match="a map cannot be compared"):
        ask({"f": lambda: map(len, [])}, "f")


def test_protocol_starts_without_the_heavy_libraries():
    code = (
        "import sys, scratchgrade.protocol as p; p.unpack(*p.pack([1, 'a']));"
        "print([m for m in ('numpy', 'torch', 'safetensors') "
        "if m in sys.modules])"
    )
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True
    )
    assert done.stdout.strip() == "[]", done.stderr
    assert time.monotonic() - started < 20
