"""Safetensors files: what was written is read back, int8 within its bound,
and whatever is damaged, hostile or a pickle is refused."""

import json
import os
import pickle
import random
import struct

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from scratchlm.tensor_files import (
    INDEX,
    INT8_MAX,
    SINGLE,
    TensorFiles,
    open_tensors,
    quantize_rows,
    read_json,
    restore_rows,
    write_tensors,
)

DTYPES = [torch.float32, torch.bfloat16, torch.int8]


def sample_tensors(seed=0):
    generator = torch.Generator().manual_seed(seed)

    def draw(*shape):
        return torch.randn(shape, generator=generator)

    return {"w": draw(7, 5), "b": draw(5), "n": draw(3, 2, 4), "s": draw()}


# --- round trips -----------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
def test_tensors_come_back(tmp_path, dtype):
    tensors = sample_tensors()
    write_tensors(tmp_path / SINGLE, tensors, dtype)
    files = open_tensors(tmp_path, int8=dtype == torch.int8)
    assert files.tensors.keys() == tensors.keys()
    for name, tensor in tensors.items():
        found = files.read(name)
        assert files.tensors[name].shape == found.shape == tensor.shape
        if dtype == torch.int8 and name == "w":
            assert torch.equal(found, restore_rows(*quantize_rows(tensor)))
        elif dtype == torch.bfloat16:
            assert torch.equal(found, tensor.bfloat16())
        else:
            assert torch.equal(found, tensor)


def test_other_types_are_not_written(tmp_path):
    with pytest.raises(ValueError, match=r"float16; choose torch.float32"):
        write_tensors(tmp_path / SINGLE, sample_tensors(), torch.float16)
    assert list(tmp_path.iterdir()) == []


def test_a_tensor_survives_its_file(tmp_path):
    """Memory that is still in the file would change, or crash."""
    path = tmp_path / SINGLE
    write_tensors(path, {"w": torch.ones(1_000, 1_000)})
    found = open_tensors(path).read("w")
    n_bytes = path.stat().st_size
    with path.open("r+b") as file:
        file.write(bytes(n_bytes))
    assert found.sum() == 1_000_000


def test_a_file_is_replaced_only_when_the_new_one_is_whole(
    tmp_path, monkeypatch
):
    write_tensors(tmp_path / SINGLE, {"w": torch.ones(2, 3)})

    def fail(tensors, path, metadata):
        path.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr("scratchlm.tensor_files.save_file", fail)
    with pytest.raises(OSError, match="disk full"):
        write_tensors(tmp_path / SINGLE, {"w": torch.zeros(2, 3)})
    assert open_tensors(tmp_path).read("w").sum() == 6


# --- int8 ------------------------------------------------------------------

NUMBERS = st.floats(-1e6, 1e6, width=32, allow_subnormal=False)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(st.lists(st.lists(NUMBERS, min_size=3, max_size=3), min_size=1))
def test_int8_is_off_by_half_a_scale_at_most(rows):
    matrix = torch.tensor(rows)
    levels, scale = quantize_rows(matrix)
    assert levels.dtype == torch.int8
    assert scale.shape == matrix.shape[:1]
    error = (restore_rows(levels, scale) - matrix).abs()
    assert (error <= scale[:, None] * 0.50001 + 1e-37).all()


def test_each_row_has_its_own_scale_and_both_ends_are_used():
    matrix = torch.tensor([[1e-3, -1e-3, 0.0], [1e3, 0.0, -500.0], [0, 0, 0]])
    levels, scale = quantize_rows(matrix)
    assert levels[0].tolist() == [127, -127, 0]
    assert levels[1].tolist() == [127, 0, -64]  # -63.5 to the even number
    assert levels[2].tolist() == [0, 0, 0]
    assert scale.tolist() == pytest.approx([1e-3 / 127, 1e3 / 127, 0.0])
    assert levels.min() >= -INT8_MAX


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_what_is_not_finite_is_not_rounded(number):
    with pytest.raises(ValueError, match=r"\(2, 2\) has infinite or undefin"):
        quantize_rows(torch.tensor([[1.0, 2.0], [number, 0.0]]))


@pytest.mark.parametrize(
    ("tensors", "reason"),
    [
        ({"w": torch.ones(3, 2).char()}, "its scales are None"),
        (
            {"w": torch.ones(3, 2).char(), "w.scale": torch.ones(2)},
            r"scales are .*shape=\(2,\)",
        ),
        (
            {"w": torch.ones(3, 2).char(), "w.scale": torch.ones(3).half()},
            "type='F16'",
        ),
        (
            {"w": torch.ones(3).char(), "w.scale": torch.ones(3)},
            "expected an int8 matrix",
        ),
    ],
)
def test_int8_without_its_scales_is_refused(tmp_path, tensors, reason):
    save_file(tensors, tmp_path / SINGLE)
    with pytest.raises(ValueError, match=reason):
        open_tensors(tmp_path, int8=True)


def test_int8_stays_int8_where_it_was_not_announced(tmp_path):
    write_tensors(tmp_path / SINGLE, sample_tensors(), torch.int8)
    files = open_tensors(tmp_path)
    assert files.tensors["w"].type == "I8"
    assert "w.scale" in files.tensors


# --- damaged files ---------------------------------------------------------


def entry(dtype, shape, start, end):
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


def file_of(header, n_data=16):
    header = (
        header if isinstance(header, bytes) else json.dumps(header).encode()
    )
    return struct.pack("<Q", len(header)) + header + bytes(n_data)


GOOD = entry("F32", [4], 0, 16)
TWICE = f'{{"a": {json.dumps(GOOD)}, "a": {json.dumps(GOOD)}}}'.encode()
DAMAGED = {
    "nothing": b"",
    "a few bytes": b"\1\2\3",
    "a zip": b"PK\3\4" + bytes(99),
    "huge header": struct.pack("<Q", 2**60) + b"{}",
    "header beyond the file": struct.pack("<Q", 99) + b"{}",
    "no JSON": file_of(b"{'a': 1}"),
    "a list": file_of(b"[]"),
    "deep": file_of(b"[" * 100_000),
    "name twice": file_of(TWICE),
    "overlap": file_of({"a": GOOD, "b": entry("F32", [2], 0, 8)}),
    "hole": file_of({"a": entry("F32", [2], 8, 16)}),
    "bytes left over": file_of({"a": entry("F32", [2], 0, 8)}),
    "cut": file_of({"a": GOOD}, n_data=15),
    "wrong size": file_of({"a": entry("F32", [5], 0, 16)}),
    "negative": file_of({"a": entry("F32", [-4], 0, 16)}),
    "overflow": file_of({"a": entry("F32", [2**62, 4], 0, 16)}),
    "unknown type": file_of({"a": entry("Q9", [16], 0, 16)}),
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_file_is_refused(tmp_path, damage):
    path = tmp_path / SINGLE
    path.write_bytes(DAMAGED[damage])
    with pytest.raises(ValueError, match=f"{SINGLE} is not a sound safeten"):
        open_tensors(tmp_path)
    path.write_bytes(file_of({"a": GOOD}))
    assert open_tensors(tmp_path).read("a").tolist() == [0.0] * 4


def test_random_damage_raises_valueerror_or_nothing(tmp_path):
    path = tmp_path / SINGLE
    write_tensors(path, sample_tensors(), torch.int8)
    whole = path.read_bytes()
    rng = random.Random(0)
    reasons = []
    for _ in range(500):
        content = bytearray(whole)
        for _ in range(rng.randint(1, 3)):
            at = rng.randrange(rng.choice([8, 400, len(content)]))
            if rng.random() < 0.2:
                del content[at:]
            elif at < len(content):
                content[at] = rng.randrange(256)
            if not content:
                break
        path.write_bytes(content)
        try:
            files = open_tensors(path, int8=True)
            for name in files.tensors:
                files.read(name)
        except ValueError as error:
            reasons.append(error)
    assert 150 < len(reasons) < 500


# --- shards ----------------------------------------------------------------


def write_shards(folder, tensors):
    """Two shards and their index, as on the hub."""
    names = list(tensors)
    weight_map = {}
    for number, part in enumerate((names[:2], names[2:]), start=1):
        file = f"model-{number:05}-of-00002.safetensors"
        save_file({name: tensors[name] for name in part}, folder / file)
        weight_map |= dict.fromkeys(part, file)
    return write_index(folder, weight_map)


def write_index(folder, weight_map):
    content = {"metadata": {"total_size": 1}, "weight_map": weight_map}
    (folder / INDEX).write_text(json.dumps(content))
    return weight_map


def test_shards_are_one_set_of_tensors(tmp_path):
    tensors = sample_tensors()
    write_shards(tmp_path, tensors)
    files = open_tensors(tmp_path)
    assert files.tensors.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert torch.equal(files.read(name), tensor)


@pytest.mark.parametrize(
    "name",
    [
        "../outside.safetensors",
        "/etc/outside.safetensors",
        "sub/outside.safetensors",
        "..\\outside.safetensors",
        "C:outside.safetensors",
        ".hidden.safetensors",
        "outside\0.safetensors",
        "model.bin",
        "",
        7,
        None,
    ],
)
def test_an_index_cannot_lead_out_of_its_folder(tmp_path, name):
    folder = tmp_path / "model"
    (folder / "sub").mkdir(parents=True)
    weight_map = write_shards(folder, sample_tensors())
    for where in (tmp_path, folder / "sub"):
        save_file({"w": torch.ones(1)}, where / "outside.safetensors")
    write_index(folder, weight_map | {"w": name})
    with pytest.raises(ValueError, match="expected the plain name of a"):
        open_tensors(folder)


def test_a_missing_shard_is_named(tmp_path):
    weight_map = write_shards(tmp_path, sample_tensors())
    (tmp_path / weight_map["n"]).unlink()
    with pytest.raises(ValueError, match=r"lacks model-00002.* all shards"):
        open_tensors(tmp_path)


def test_index_and_shards_must_agree(tmp_path):
    weight_map = write_shards(tmp_path, sample_tensors())
    first, second = weight_map["w"], weight_map["n"]
    for wrong in (
        weight_map | {"w": second},  # in another shard
        weight_map | {"x": first},  # in none
        {name: file for name, file in weight_map.items() if name != "w"},
    ):
        write_index(tmp_path, wrong)
        with pytest.raises(ValueError, match=r"disagree about '[wx]'"):
            open_tensors(tmp_path)


def test_a_tensor_in_two_shards_is_refused(tmp_path):
    weight_map = write_shards(tmp_path, sample_tensors())
    save_file(sample_tensors(), tmp_path / weight_map["n"])
    with pytest.raises(ValueError, match="repeats the tensor"):
        open_tensors(tmp_path)


@pytest.mark.parametrize("content", [{}, {"weight_map": {}}, [1]])
def test_an_index_without_names_is_refused(tmp_path, content):
    (tmp_path / INDEX).write_text(json.dumps(content))
    with pytest.raises(ValueError, match=r"has no weight_map|an object was"):
        open_tensors(tmp_path)


# --- pickles ---------------------------------------------------------------


class Canary:
    """Unpickling it makes a folder."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return os.mkdir, (self.path,)


PICKLE_NAMES = ["pytorch_model.bin", "a.pt", "a.pth", "a.ckpt", "a.pkl"]


def test_the_canary_is_alive(tmp_path):
    pickle.loads(pickle.dumps(Canary(tmp_path / "sung")))
    assert (tmp_path / "sung").exists()


@pytest.mark.parametrize("name", PICKLE_NAMES)
@pytest.mark.parametrize("zipped", [False, True])
def test_a_pickle_is_refused_and_never_run(tmp_path, name, zipped):
    folder = tmp_path / "model"
    folder.mkdir()
    bait = {"w": Canary(tmp_path / "sung")}
    if zipped:
        torch.save(bait, folder / name)
    else:
        (folder / name).write_bytes(pickle.dumps(bait))
    for path in (folder, folder / name):
        with pytest.raises(ValueError, match=f"{name} is a pickle.*save_pre"):
            open_tensors(path)
    (folder / name).rename(folder / SINGLE)  # under a better name
    with pytest.raises(ValueError, match="not a sound safetensors file"):
        open_tensors(folder)
    assert not (tmp_path / "sung").exists()


def test_a_pickle_beside_safetensors_is_left_alone(tmp_path):
    write_tensors(tmp_path / SINGLE, sample_tensors())
    (tmp_path / "pytorch_model.bin").write_bytes(b"whatever")
    assert open_tensors(tmp_path).tensors


def test_an_empty_folder_is_named(tmp_path):
    with pytest.raises(ValueError, match=f"neither {SINGLE} nor {INDEX}"):
        open_tensors(tmp_path)


# --- JSON ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "Expecting value"),
        (b"{", "config.json cannot be used"),
        (b"[1]", r"an object was expected, got \[1\]"),
        (b'{"a": 1, "a": 2}', "'a' occurs twice"),
        (b"\xff\xfe", "codec can't decode"),
        (b'{"a": ' + b"[" * 100_000, "recursion"),
        (b" " * (2**24 + 1), "16777217 bytes, over 16777216"),
    ],
)
def test_json_that_is_no_configuration_is_refused(tmp_path, content, reason):
    path = tmp_path / "config.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=reason):
        read_json(path)
    path.unlink()
    with pytest.raises(ValueError, match="No such file"):
        read_json(path)


def test_the_shape_and_type_are_known_before_reading(tmp_path):
    path = tmp_path / "x.safetensors"
    write_tensors(path, {"w": torch.ones(2, 3)}, torch.bfloat16)
    assert TensorFiles([path]).tensors == {"w": ((2, 3), "BF16")}
