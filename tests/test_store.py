"""Nothing lost: whole files, one lock, one key, records found again."""

import json
import os
import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from pathlib import Path

import pytest

from scratchgrade.intake import Refused, Step
from scratchgrade.record import (
    CheckRecord,
    ExerciseRecord,
    ManualRecord,
    OutputRecord,
    Record,
)
from scratchgrade.store import Locked, Store, record_id, write_atomically

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX files")


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path / "grading")


def a_record(student="ada", **changes) -> Record:
    record = Record(
        assignment="99-toy",
        student=student,
        submission="ab" * 32,
        version="v1",
        key="k1",
        environment={"python": "3.11.0", "limits": {"call_seconds": 10}},
        exercises=[
            ExerciseRecord(
                "check-1",
                "1.1",
                "Bytes",
                "failed",
                2,
                5,
                [
                    CheckRecord("a", "passed", 2, 2),
                    CheckRecord("b", "failed", 0, 3, "b", "1 \u2260 2", "x"),
                ],
            )
        ],
        manual=[ManualRecord("explain-1", 10, "because \u0457")],
        notes=["a note"],
        outputs=[OutputRecord("answer-1", "out", "")],
        steps=[Step("answer-1", "solution", "def f(): ...")],
    )
    return replace(record, **changes)


# --- submissions -----------------------------------------------------------


def test_a_submission_is_kept_once_under_its_hash(store):
    name = store.put(b"work")
    assert store.put(b"work") == name
    assert store.get(name) == b"work"
    files = [p for p in (store.root / "store").rglob("*") if p.is_file()]
    assert len(files) == 1


def test_a_damaged_submission_is_noticed(store):
    name = store.put(b"work")
    path = store.root / "store" / name[:2] / name
    path.chmod(0o644)
    path.write_bytes(b"other")
    with pytest.raises(OSError, match="damaged"):
        store.get(name)


def test_a_write_that_fails_leaves_the_old_file_and_no_other(
    tmp_path, monkeypatch
):
    path = tmp_path / "a.json"
    write_atomically(path, b"old")

    def fail(*args):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


# --- records ---------------------------------------------------------------


def test_a_record_is_found_under_the_same_conditions_only(store):
    record = a_record()
    store.save(record)
    asked = replace(record, exercises=[], manual=[], notes=[])
    assert store.find(asked) == record
    for change in (
        {"student": "bob"},
        {"submission": "cd" * 32},
        {"version": "v2"},
        {"key": "k2"},
        {"environment": {"python": "3.12.0"}},
    ):
        assert store.find(replace(asked, **change)) is None


def test_refusals_of_different_kinds_are_different_records():
    reasons = ("no file", "a link")
    ids = {record_id(a_record(submission="", refused=r)) for r in reasons}
    assert len(ids) == 2


def test_new_checks_leave_the_old_record_in_place(store):
    store.save(a_record())
    store.save(a_record(version="v2"))
    folder = store.root / "records" / "99-toy" / "ada"
    assert len(list(folder.glob("*.json"))) == 2


def test_the_current_record_of_each_student_is_known(store):
    old, new = a_record(), a_record(version="v2")
    bob = a_record("bob")
    for record in (old, new, bob):
        store.save(record)
    assert store.current("99-toy") == []
    store.set_current("99-toy", [old, bob])
    store.set_current("99-toy", [new])
    assert store.current("99-toy") == [new, bob]
    assert store.graded() == ["99-toy"]


def test_no_path_is_built_from_a_bad_student(store):
    with pytest.raises(Refused):
        store.save(a_record("../../etc"))


def test_records_are_readable_json(store):
    store.save(a_record())
    (path,) = store.root.rglob("records/*/*/*.json")
    assert json.loads(path.read_text("utf-8"))["manual"][0]["answer"] == (
        "because \u0457"
    )


# --- key and lock ----------------------------------------------------------


def test_the_key_is_made_once_and_kept(store, tmp_path):
    key = store.key()
    assert len(key) == 32
    assert Store(store.root).key() == key
    assert Store(tmp_path / "other").key() != key


@posix
def test_the_key_is_its_owners_alone(store):
    store.key()
    assert (store.root / "course.key").stat().st_mode & 0o777 == 0o600


def test_a_damaged_key_is_told(store):
    store.key()
    (store.root / "course.key").write_text("abcd")
    with pytest.raises(OSError, match="damaged"):
        store.key()


def test_the_key_is_never_committed():
    root = Path(__file__).resolve().parent.parent
    ignored = (root / ".gitignore").read_text().splitlines()
    assert "grading/" in ignored


def test_a_second_run_is_told_who_holds_the_course(store):
    with store.lock() as left:
        assert left == ""
        with (
            pytest.raises(Locked, match=f"process {os.getpid()} on "),
            Store(store.root).lock(),
        ):
            pass
    with store.lock() as left:
        assert left == ""


def test_the_lock_of_a_killed_run_is_free_and_told(store):
    script = textwrap.dedent(
        """
        import sys, time
        from pathlib import Path
        from scratchgrade.store import Store
        with Store(Path(sys.argv[1])).lock():
            print("held", flush=True)
            time.sleep(600)
        """
    )
    other = subprocess.Popen(
        [sys.executable, "-c", script, str(store.root)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert other.stdout.readline() == "held\n"
    with pytest.raises(Locked, match=f"process {other.pid}"), store.lock():
        pass
    other.kill()
    other.wait()
    other.stdout.close()
    time.sleep(0.05)
    with store.lock() as left:
        assert f"process {other.pid}" in left
