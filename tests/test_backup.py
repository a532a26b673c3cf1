"""Copies of the gradebook: whole, few, and brought back without loss."""

import sqlite3
import threading
import time
from contextlib import closing

import pytest

from scratchgrade import backup
from scratchgrade.backup import GradebookError, back_up, backups, restore


@pytest.fixture
def database(tmp_path):
    """A small database with one number in it."""
    path = tmp_path / "gradebook.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE t (n INTEGER)")
        connection.execute("INSERT INTO t VALUES (0)")
        connection.commit()
    return path


def write(path, n: int) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE t SET n = ?", (n,))
        connection.commit()


def read(path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT n FROM t").fetchone()[0]


def files(database) -> list[str]:
    return sorted(p.name for p in (database.parent / "backups").iterdir())


def test_the_newest_ten_are_kept_in_their_order(database):
    for n in range(13):
        write(database, n)
        back_up(database)
    found = backups(database.parent)
    assert [b.number for b in found] == list(range(4, 14))
    assert [read(b.path) for b in found] == list(range(3, 13))
    assert len(files(database)) == 10


def test_no_copy_is_made_of_what_has_not_changed(database):
    assert back_up(database) == back_up(database)
    assert len(files(database)) == 1
    assert back_up(database.with_name("none.db")) is None


def test_a_clock_set_back_changes_no_order(database, monkeypatch):
    back_up(database)
    write(database, 1)

    class Earlier(backup.datetime):
        @classmethod
        def now(cls, zone):
            return cls(1999, 1, 1, tzinfo=zone)

    monkeypatch.setattr(backup, "datetime", Earlier)
    new = back_up(database, keep=1)
    assert (new.number, new.made.year) == (2, 1999)
    assert [read(b.path) for b in backups(database.parent)] == [1]


def test_a_copy_is_whole_while_another_program_writes(database):
    """Every copy holds a number that was committed, and passes its check."""
    stop = threading.Event()

    def busy() -> None:
        n = 0
        while not stop.is_set():
            n += 1
            write(database, n)
            time.sleep(0.005)  # as formgrader lets others have a turn

    thread = threading.Thread(target=busy)
    thread.start()
    try:
        for _ in range(5):
            backup.check(back_up(database).path)
    finally:
        stop.set()
        thread.join()


def test_restoring_keeps_what_it_replaces(database):
    back_up(database)
    write(database, 1)
    back_up(database)
    write(database, 2)
    assert restore(database, 1).number == 1
    assert read(database) == 0
    assert [read(b.path) for b in backups(database.parent)] == [0, 1, 2]
    restore(database, 3)
    assert read(database) == 2


def test_the_oldest_of_ten_can_be_restored(database):
    for n in range(12):
        write(database, n)
        back_up(database)
    write(database, 99)
    oldest = backups(database.parent)[0].number
    restore(database, oldest)
    assert read(database) == 2


def test_a_damaged_gradebook_is_told_and_set_aside_by_restore(database):
    write(database, 7)
    back_up(database)
    database.write_bytes(database.read_bytes()[:5000])
    with pytest.raises(GradebookError, match=r"is damaged .*restore"):
        back_up(database)
    assert len(files(database)) == 1  # and no half copy
    restore(database, 1)
    assert read(database) == 7
    (aside,) = database.parent.glob("backups/damaged-*.db")
    assert aside.stat().st_size == 5000


def test_a_gradebook_in_use_is_told(database, monkeypatch):
    monkeypatch.setattr(backup, "BUSY_SECONDS", 0.1)
    with closing(sqlite3.connect(database)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(GradebookError, match="in use by another program"):
            back_up(database)
        other.rollback()
    assert back_up(database).number == 1


def test_an_unknown_number_is_told_with_those_there_are(database):
    back_up(database)
    with pytest.raises(GradebookError, match="no backup 9; there are: 1"):
        restore(database, 9)


def test_a_left_over_journal_does_not_spoil_what_is_restored(database):
    back_up(database)
    journal = database.with_name("gradebook.db-wal")
    journal.write_bytes(b"of another database")
    restore(database, 1)
    assert not journal.exists()
    assert read(database) == 0
