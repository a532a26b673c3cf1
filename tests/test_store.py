"""Nothing lost: whole files, one lock, one key, records found again."""

import json
import os
import socket
import subprocess
import sys
import textwrap
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
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
from scratchgrade.store import (
    SEAL,
    Damaged,
    Locked,
    Store,
    read_record,
    record_id,
    write_atomically,
)

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


def test_a_damaged_submission_is_mended_by_handing_it_in_again(store):
    name = store.put(b"work")
    path = store.root / "store" / name[:2] / name
    path.chmod(0o644)
    path.write_bytes(b"other")
    assert store.put(b"work") == name
    assert store.get(name) == b"work"


def test_an_unfinished_file_goes_when_the_course_is_next_held(store):
    store.put(b"work")
    left = store.root / "store" / "ab" / ".new-left"
    left.parent.mkdir(exist_ok=True)
    left.write_bytes(b"half")
    with store.lock():
        assert not left.exists()
    assert store.get(store.put(b"work")) == b"work"


# --- receipts --------------------------------------------------------------

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def receive(store, data: bytes, when=NOON, student="ada"):
    return store.receive(student, "99-toy", data, when, "inbox")


def test_receipts_are_kept_in_the_order_of_their_coming(store):
    for i in range(3):
        receive(store, b"work %d" % i, NOON + i * HOUR)
    receipts = store.receipts("99-toy", "ada")
    assert [r.number for r in receipts] == [1, 2, 3]
    assert [store.get(r.submission) for r in receipts] == [
        b"work 0",
        b"work 1",
        b"work 2",
    ]
    assert receipts[1].received == NOON + HOUR
    assert store.received("99-toy") == ["ada"]
    assert store.received("98-none") == []


def test_a_clock_set_back_changes_no_order(store):
    receive(store, b"first", NOON)
    receive(store, b"second", NOON - 24 * HOUR)
    receipts = store.receipts("99-toy", "ada")
    assert [store.get(r.submission) for r in receipts] == [b"first", b"second"]
    assert receipts[1].received == NOON - 24 * HOUR


def test_collecting_again_adds_nothing(store):
    one = receive(store, b"one", NOON)
    two = receive(store, b"two", NOON + HOUR)
    assert receive(store, b"one", NOON) == one
    assert receive(store, b"two", NOON + HOUR) == two
    assert receive(store, b"two", NOON + 2 * HOUR) == two  # the newest anyway
    assert store.receipts("99-toy", "ada") == [one, two]


def test_going_back_to_earlier_work_is_an_attempt_of_its_own(store):
    one = receive(store, b"one", NOON)
    receive(store, b"two", NOON + HOUR)
    again = receive(store, b"one", NOON + 2 * HOUR)
    assert (again.number, again.submission) == (3, one.submission)


def test_a_time_is_kept_whatever_its_zone_and_may_be_unknown(store):
    berlin = timezone(HOUR)
    receive(store, b"one", NOON.astimezone(berlin))
    assert receive(store, b"one", NOON).number == 1
    assert receive(store, b"two", None).received is None
    assert store.receipts("99-toy", "ada")[1].received is None
    with pytest.raises(ValueError, match="has no time zone"):
        receive(store, b"three", datetime(2026, 12, 1))
    assert len(store.receipts("99-toy", "ada")) == 2


def test_no_receipt_has_a_path_of_a_bad_student(store):
    with pytest.raises(Refused):
        receive(store, b"work", student="../../etc")


@pytest.mark.parametrize("text", ["", "[", "{}x", '[{"number": 2}]', "[1]"])
def test_a_damaged_receipt_is_told(store, text):
    receive(store, b"work")
    path = store.root / "receipts" / "99-toy" / "ada.json"
    path.write_text(text)
    with pytest.raises(Damaged, match=r"ada\.json is damaged"):
        store.receipts("99-toy", "ada")


def test_a_missing_receipt_is_noticed(store):
    receive(store, b"one", NOON)
    receive(store, b"two", NOON + HOUR)
    path = store.root / "receipts" / "99-toy" / "ada.json"
    path.write_text(json.dumps(json.loads(path.read_text())[1:]))
    with pytest.raises(Damaged, match="a receipt is missing"):
        store.receipts("99-toy", "ada")


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


@pytest.mark.parametrize("part", ["points", "sha256", "student", "ada"])
def test_a_change_anywhere_in_a_record_is_noticed(store, part):
    record = a_record()
    store.save(record)
    (path,) = store.history("99-toy", "ada")
    text = path.read_text("utf-8")
    path.write_text(text.replace(part, part[:-1] + "_", 1), "utf-8")
    with pytest.raises(Damaged, match="grading it again mends it"):
        read_record(path)
    assert store.find(record) is None


@pytest.mark.parametrize("size", [0, 1, 100, -1])
def test_a_cut_record_is_noticed(store, size):
    store.save(a_record())
    store.set_current("99-toy", [a_record()])
    (path,) = store.history("99-toy", "ada")
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(Damaged):
        store.current("99-toy")
    assert store.readable("99-toy") == []


def test_a_record_from_before_seals_is_read(store):
    store.save(a_record())
    (path,) = store.history("99-toy", "ada")
    path.write_text(a_record().to_json(), "utf-8")
    assert read_record(path) == a_record()


def test_what_a_student_prints_cannot_look_like_a_seal(store):
    text = SEAL + "0" * 64 + '"\n}'
    record = a_record(outputs=[OutputRecord("answer-1", text, "")])
    store.save(record)
    assert store.find(record) == record


def test_half_characters_are_replaced_before_a_record_is_kept(store):
    record = a_record(outputs=[OutputRecord("answer-1", "a\ud800b", "")])
    with pytest.raises(UnicodeEncodeError):
        store.save(record)
    store.save(record.storable())
    (path,) = store.history("99-toy", "ada")
    assert read_record(path).outputs[0].output == "a?b"
    assert a_record().storable() == a_record()


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


def test_who_waits_hears_for_whom_and_gets_its_turn(store):
    """Two holders never overlap, and the second is served by itself."""
    heard, order = [], []

    def second() -> None:
        with Store(store.root).lock(wait=True, waiting=heard.append):
            order.append("second")

    with store.lock():
        thread = threading.Thread(target=second)
        thread.start()
        while not heard:
            time.sleep(0.01)
        order.append("first")
    thread.join(timeout=10)
    assert order == ["first", "second"]
    assert heard == [f"process {os.getpid()} on {socket.gethostname()}"]


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
