"""Token files: what is written is read, nothing half is left behind, and a
corpus larger than memory passes through a real limit on memory."""

import doctest
import io
import os
import pickle
import subprocess
import sys
import textwrap
from itertools import chain, islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scratchlm import token_files
from scratchlm.data import WindowLoader, evaluation_batches
from scratchlm.token_files import (
    encode_documents,
    id_type,
    open_token_file,
    write_documents,
    write_token_file,
)
from scratchlm.tokenizer import BPETokenizer

END = "<|endoftext|>"


@settings(max_examples=100, derandomize=True, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 69_999))).filter(any),
    st.sampled_from([70_000, 2**32]),
)
def test_the_file_holds_the_chunks_one_after_the_other(
    tmp_path_factory, chunks, vocab_size
):
    path = tmp_path_factory.mktemp("tokens") / "some.npy"
    assert write_token_file(path, chunks, vocab_size) == sum(map(len, chunks))
    ids = open_token_file(path)
    assert ids.tolist() == list(chain.from_iterable(chunks))
    assert ids.tolist() == np.load(path, allow_pickle=False).tolist()


@pytest.mark.parametrize(
    ("vocab_size", "n_bytes"),
    [(1, 2), (50_257, 2), (2**16, 2), (2**16 + 1, 4), (2**32, 4)],
)
def test_ids_take_two_bytes_while_they_fit(tmp_path, vocab_size, n_bytes):
    path = tmp_path / "some.npy"
    largest = vocab_size - 1
    write_token_file(path, [[0], np.array([largest])], vocab_size)
    ids = open_token_file(path)
    assert ids.tolist() == [0, largest]
    assert ids.dtype.itemsize == n_bytes
    assert path.stat().st_size == 128 + 2 * n_bytes


@pytest.mark.parametrize("vocab_size", [0, -1, 2**32 + 1])
def test_vocabularies_that_do_not_fit_are_refused(vocab_size):
    with pytest.raises(ValueError, match=f"vocab_size={vocab_size}; a token"):
        id_type(vocab_size)


@pytest.mark.parametrize(
    ("chunk", "found"),
    [
        ([3, 97], "ids from 3 to 97, but vocab_size=97 allows 0 to 96"),
        ([-1, 3], "ids from -1 to 3, but vocab_size=97"),
        ([2**16 + 3], "ids from 65539 to 65539"),  # would wrap around to 3
        ([0.5], r"shape \(1,\) and type float64"),
        (7, r"shape \(\) and type int64.*as \[token_ids\]"),
        ([[1, 2]], r"shape \(1, 2\)"),
    ],
)
def test_wrong_ids_are_refused_and_leave_the_older_file(
    tmp_path, chunk, found
):
    path = tmp_path / "some.npy"
    write_token_file(path, [[1, 2, 3]], 97)
    with pytest.raises(ValueError, match=found):
        write_token_file(path, [[5], chunk], 97)
    assert open_token_file(path).tolist() == [1, 2, 3]
    assert os.listdir(tmp_path) == ["some.npy"]


def test_the_file_appears_only_when_it_is_complete(tmp_path):
    path = tmp_path / "some.npy"

    def chunks():
        yield [1, 2]
        assert not path.exists()
        yield []
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_token_file(path, chunks(), 97)
    assert os.listdir(tmp_path) == []
    with pytest.raises(ValueError, match="no ids to write"):
        write_token_file(path, [[], []], 97)
    assert os.listdir(tmp_path) == []


class Canary:
    """Leaves a file behind when it is unpickled."""

    def __reduce__(self):
        return os.mkdir, ("hatched",)


def array_of_objects(content):
    """The bytes of a .npy file that only unpickling could read."""
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        file, {"descr": "|O", "fortran_order": False, "shape": (1,)}
    )
    return file.getvalue() + pickle.dumps(content)


@pytest.mark.parametrize(
    "damage", ["cut", "longer", "empty", "text", "pickle", "objects", "zip"]
)
def test_damaged_and_foreign_files_are_refused(tmp_path, monkeypatch, damage):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "some.npy"
    write_token_file(path, [range(90)], 97)
    whole = path.read_bytes()
    if damage == "zip":
        np.savez(tmp_path / "some.npz", np.arange(3))
        path = tmp_path / "some.npz"
    else:
        content = {
            "cut": whole[:-1],
            "longer": whole + b"\0",
            "empty": b"",
            "text": b"It is a truth universally acknowledged",
            "pickle": pickle.dumps(Canary()),
            "objects": array_of_objects([Canary()]),
        }
        path.write_bytes(content[damage])
    with pytest.raises(ValueError, match=f"{path.name} is (not|damaged)"):
        open_token_file(path)
    assert not (tmp_path / "hatched").exists()


@pytest.mark.parametrize(
    "array",
    [np.zeros((2, 3), np.uint16), np.zeros(3, np.int64), np.zeros(3)],
)
def test_arrays_of_another_kind_are_refused(tmp_path, array):
    np.save(tmp_path / "some.npy", array)
    with pytest.raises(ValueError, match="not one dimension of uint16"):
        open_token_file(tmp_path / "some.npy")


def test_a_missing_file_is_said_to_be_missing(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.npy"):
        open_token_file(tmp_path / "none.npy")


def test_the_map_cannot_be_written(tmp_path):
    write_token_file(tmp_path / "some.npy", [[1, 2]], 97)
    with pytest.raises(ValueError, match="read-only"):
        open_token_file(tmp_path / "some.npy")[0] = 5


def test_batches_from_a_file_are_those_from_memory(tmp_path):
    ids = [i * 31 % 97 for i in range(500)]
    write_token_file(tmp_path / "some.npy", [ids], 97)
    mapped = open_token_file(tmp_path / "some.npy")
    drawn = islice(WindowLoader(ids, 3, 5), 50)
    same = islice(WindowLoader(mapped, 3, 5), 50)
    for (inputs, _), (again, _) in zip(drawn, same, strict=True):
        assert inputs.tolist() == again.tolist()
    pairs = zip(
        evaluation_batches(ids, 3, 7),
        evaluation_batches(mapped, 3, 7),
        strict=True,
    )
    for (_, targets), (_, same) in pairs:
        assert targets.tolist() == same.tolist()


# --- documents -------------------------------------------------------------


@pytest.fixture(scope="module")
def tokenizer():
    return BPETokenizer.train("low low lower" * 9, 260, [END])


def test_each_document_ends_with_the_end_of_text(tmp_path, tokenizer):
    texts = ["low lower", "", "slow"]
    end_id = tokenizer.special_tokens[END]
    path = tmp_path / "some.npy"
    n = write_documents(path, iter(texts), tokenizer, end_id, progress=False)
    ids = open_token_file(path)
    assert n == len(ids)
    assert tokenizer.decode(ids) == END.join([*texts, ""])
    assert np.flatnonzero(ids == end_id)[-1] == len(ids) - 1


def test_a_document_cannot_end_itself(tokenizer):
    end_id = tokenizer.special_tokens[END]
    [ids] = encode_documents([f"low{END}You are free"], tokenizer, end_id)
    assert ids.count(end_id) == 1
    assert ids[-1] == end_id


def test_progress_is_shown_on_stderr(tmp_path, tokenizer, capsys):
    path = tmp_path / "some.npy"
    write_documents(path, ["low"] * 3, tokenizer, 259)
    shown = capsys.readouterr()
    assert "3/3 " in shown.err
    assert "documents" in shown.err
    assert not shown.out
    write_documents(path, ["low"] * 3, tokenizer, 259, progress=False)
    assert not capsys.readouterr().err


# --- larger than memory ----------------------------------------------------

linux_only = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux enforces RLIMIT_DATA"
)
LIMIT = """
import resource, sys
import numpy as np
import torch
from scratchlm.data import WindowLoader, evaluation_batches
from scratchlm.token_files import open_token_file, write_token_file

def used(line):  # bytes, from the kernel
    with open("/proc/self/status") as status:
        return next(1024 * int(row.split()[1]) for row in status
                    if row.startswith(line))

MB = 2**20
limit = used("VmData") + 200 * MB
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
path = sys.argv[1]
before = used("VmHWM")
"""


def run_limited(code, path):
    return subprocess.run(
        [sys.executable, "-c", LIMIT + textwrap.dedent(code), str(path)],
        capture_output=True,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )


@pytest.fixture
def huge(tmp_path):
    """A file of 10 billion ids, 20 GB that take no space on the disk."""
    n_tokens = 10**10
    path = tmp_path / "huge.npy"
    with path.open("wb") as file:
        token_files.write_header(file, np.dtype("<u2"), n_tokens)
        file.truncate(file.tell() + 2 * n_tokens)
        file.seek(-2, os.SEEK_END)
        file.write((1234).to_bytes(2, "little"))
    assert path.stat().st_blocks * 512 < 2**20
    return path


@linux_only
def test_batches_are_drawn_from_a_corpus_larger_than_memory(huge):
    done = run_limited(
        """
        ids = open_token_file(path)
        assert len(ids) == 10**10 and ids[-1] == 1234
        loader = WindowLoader(ids, 8, 2048, seed=3)
        for _ in range(6):
            inputs, targets = next(loader)
        assert inputs.shape == (8, 2048) and not inputs.any()
        resumed = WindowLoader(ids, 8, 2048, seed=3)
        resumed.load_state_dict(loader.state_dict())
        next(resumed)
        next(evaluation_batches(ids, 8, 2048))
        print((used("VmHWM") - before) // MB)
        """,
        huge,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 300  # MB, of 20,000


@linux_only
@pytest.mark.parametrize(
    "greedy",
    ["np.load(path)", "open_token_file(path).astype(np.int64)"],
)
def test_the_limit_stops_a_reader_that_loads_the_corpus(huge, greedy):
    done = run_limited(f"ids = {greedy}", huge)
    assert "MemoryError" in done.stderr


@linux_only
def test_a_corpus_larger_than_memory_is_written(tmp_path):
    done = run_limited(
        """
        def chunks():
            for _ in range(150):  # 300 MB in the file
                yield np.full(MB, 96, dtype=np.uint16)
        print(write_token_file(path, chunks(), 97) // MB)
        print((used("VmHWM") - before) // MB)
        """,
        tmp_path / "large.npy",
    )
    assert done.returncode == 0, done.stderr
    n_chunks, peak = map(int, done.stdout.split())
    assert n_chunks == 150
    assert peak < 50  # MB
    (tmp_path / "large.npy").unlink()


def test_worked_examples_in_docstrings_are_true():
    result = doctest.testmod(token_files)
    assert result.attempted > 0
    assert result.failed == 0
