"""Collecting: the right student's bytes, once, or a reason; never a guess."""

import json
import os
import shutil
import time
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fixtures import toy_course
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from scratchgrade import cli, sources
from scratchgrade.checks.kit import CourseError
from scratchgrade.collect import one_each, take
from scratchgrade.course import Course
from scratchgrade.intake import MAX_BYTES, Refused
from scratchgrade.roster import Roster, Student, write_roster
from scratchgrade.sources import Kind, canvas_name, open_source

NAME = toy_course.NAME
FILE = f"{NAME}.ipynb"
ROSTER = Roster(
    [
        Student("ada", "Lovelace, Ada", "101"),
        Student("bob", "O'Neil, Bob", "102", "902"),
        Student("cem", "Cem Ünal", "103"),
        Student("twin-1", "Kim Lee"),
        Student("twin-2", "Kim Lee", moodle_id="905"),
    ]
)
posix = pytest.mark.skipif(os.name != "posix", reason="POSIX files")


def zipped(tmp_path: Path, files: dict[str, bytes]) -> Path:
    path = tmp_path / "submissions.zip"
    with zipfile.ZipFile(path, "w") as file:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, (2026, 12, 2, 10, 30, 0))
            file.writestr(info, data)
    return path


def look(source, roster=ROSTER, kind=None, **how):
    """What there is: label -> (student, bytes or the problem)."""
    with open_source(source, NAME, roster, kind, **how) as (_, raw):
        return {
            f.label: (f.student, f.problem or f.read())
            for f in one_each(raw, NAME)
        }


def problem(found: dict) -> str:
    ((_, text),) = found.values()
    assert isinstance(text, str), found
    return text


# --- Canvas ----------------------------------------------------------------


def test_canvas_names_are_matched_by_number(tmp_path):
    found = look(
        zipped(
            tmp_path,
            {
                f"lovelaceada_101_5001_{FILE}": b"{1}",
                f"oneilbob_LATE_102_5002_{NAME}-1.ipynb": b"{2}",
            },
        )
    )
    assert list(found.values()) == [("ada", b"{1}"), ("bob", b"{2}")]


def test_canvas_says_who_is_late_and_nothing_else_on_time(tmp_path):
    path = zipped(
        tmp_path,
        {
            f"lovelaceada_101_5001_{FILE}": b"{1}",
            f"oneilbob_LATE_102_5002_{FILE}": b"{2}",
        },
    )
    with open_source(path, NAME, ROSTER) as (kind, raw):
        ada, bob = one_each(raw, NAME)
    assert kind == Kind.CANVAS
    assert (ada.received, ada.late) == (None, False)
    assert bob.late
    assert bob.received == datetime(2026, 12, 2, 10, 30).astimezone(UTC)
    typed = datetime(2026, 12, 3, tzinfo=UTC)
    assert ada.received_at(typed).received is None
    assert bob.received_at(typed).received == typed


@pytest.mark.parametrize(
    ("name", "says"),
    [
        (f"zed_999_5001_{FILE}", "no canvas_id 999 in the roster"),
        (f"lovelaceeva_101_5001_{FILE}", "which Canvas would write"),
        (f"anon_x7k2p_5001_{FILE}", "not one that Canvas gives"),
        # The student chose the name or the file so that it reads two ways.
        (f"oneilbob_102_1_x_101_5001_{FILE}", "may be of bob or ada"),
        ("lovelaceada_101_5001_oneilbob_102_1_x.ipynb", "may be of ada or"),
        ("lovelaceada_101_5001_answers.txt", "no notebook, where one"),
        ("lovelaceada_101_5001_work.zip", "is an archive itself"),
    ],
)
def test_what_canvas_leaves_open_is_nobodys(tmp_path, name, says):
    path = zipped(tmp_path, {name: b"{}"})
    assert says in problem(look(path, kind=Kind.CANVAS))


def test_a_number_in_the_students_file_name_is_no_second_reading(tmp_path):
    name = "lovelaceada_101_5001_hw_1_2_final.ipynb"
    assert look(zipped(tmp_path, {name: b"{}"})) == {name: ("ada", b"{}")}


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Doe, Jane", "doejane"),
        ("O'Neil, Zoë", "oneilzoë"),
        ("de la Cruz-Ñu, María", "delacruzñumaría"),
        ("Roe_999_888_", "roe999888_"),
    ],
)
def test_names_are_squeezed_as_canvas_does(name, written):
    """After `sanitize_user_name` in Canvas's lib/content_zipper.rb."""
    assert canvas_name(name) == written


@given(st.text(st.sampled_from("ada_10512 LATE.x"), max_size=40))
def test_no_name_is_taken_for_a_student_that_it_does_not_name(text):
    """Whatever students call themselves and their files."""
    name = f"lovelaceada_101_77_{text}.ipynb"
    member = sources.Member(name, None, "", None)
    found = sources._of_canvas(member, ROSTER)
    assert found.student in ("ada", "")


# --- Moodle ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("folder", "student"),
    [
        ("Cem Ünal_77_assignsubmission_file_", "cem"),
        ("Cem U\u0308nal_77_assignsubmission_file_", "cem"),
        ("Participant_902_assignsubmission_file_", "bob"),
        ("Group A-O'Neil, Bob_902_assignsubmission_file_", "bob"),
        ("Kim Lee_905_assignsubmission_file_", "twin-2"),
    ],
)
@pytest.mark.parametrize("separator", ["/", ""])
def test_moodle_folders_are_matched_by_number_or_name(
    tmp_path, folder, student, separator
):
    name = f"{folder}{separator}{FILE}"
    found = look(zipped(tmp_path, {name: b"{}"}))
    assert [*found.values()] == [(student, b"{}")]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        (f"Zed Zee_77_assignsubmission_file_/{FILE}", "nobody has this name"),
        (f"cem ünal_77_assignsubmission_file_/{FILE}", "nobody has this"),
        (f"Kim Lee_77_assignsubmission_file_/{FILE}", "2 students have this"),
        (f"Cem Ünal_902_assignsubmission_file_/{FILE}", "number is of bob"),
        ("Cem Ünal_77_assignsubmission_onlinetext_/x.html", "not one that"),
        (f"Cem Ünal/{FILE}", "not one that Moodle gives"),
    ],
)
def test_what_moodle_leaves_open_is_nobodys(tmp_path, name, says):
    found = look(zipped(tmp_path, {name: b"{}"}), kind=Kind.MOODLE)
    assert says in problem(found)


# --- folders ---------------------------------------------------------------


def test_a_folder_of_notebooks_in_its_three_forms(tmp_path):
    (tmp_path / "ada.ipynb").write_bytes(b"{1}")
    (tmp_path / "bob").mkdir()
    (tmp_path / "bob" / "mine.ipynb").write_bytes(b"{2}")
    (tmp_path / "bob" / "notes.txt").write_bytes(b"x")
    (tmp_path / "cem" / NAME).mkdir(parents=True)
    (tmp_path / "cem" / NAME / FILE).write_bytes(b"{3}")
    assert list(look(tmp_path).values()) == [
        ("ada", b"{1}"),
        ("bob", b"{2}"),
        ("cem", b"{3}"),
    ]


def test_of_several_notebooks_the_named_one_is_taken_or_none(tmp_path):
    (tmp_path / "ada").mkdir()
    for name in ("a.ipynb", "b.ipynb"):
        (tmp_path / "ada" / name).write_bytes(b"{0}")
    assert "2 notebooks, where one" in problem(look(tmp_path))
    (tmp_path / "ada" / FILE).write_bytes(b"{1}")
    assert list(look(tmp_path).values()) == [("ada", b"{1}")]


def test_ids_must_be_on_the_roster_if_there_is_one(tmp_path):
    for name in ("zed", "Ada", "ADA", "ada "):
        (tmp_path / f"{name}.ipynb").write_bytes(b"{}")
    assert not any(student for student, _ in look(tmp_path).values())
    without = look(tmp_path, Roster([]))
    assert [s for s, _ in without.values() if s] == ["zed"]


@posix
def test_links_pipes_and_closed_folders_are_refused(tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(b"{secret}")
    inbox = tmp_path / "in"
    (inbox / "bob").mkdir(parents=True)
    (inbox / "ada.ipynb").symlink_to(secret)
    (inbox / "bob" / FILE).symlink_to(secret)
    os.mkfifo(inbox / "cem.ipynb")
    (inbox / "twin-1").symlink_to(tmp_path)
    started = time.monotonic()
    with open_source(inbox, NAME, ROSTER) as (_, raw):
        for found in one_each(raw, NAME):
            with pytest.raises(Exception, match=r"ordinary|a link"):
                raise ValueError(found.problem or found.read())
    assert time.monotonic() - started < 5


def submit(inbound: Path, user: str, stamp: str, data: bytes) -> Path:
    """What nbgrader's submit writes; gives the folder."""
    folder = inbound / f"{user}+{NAME}+{stamp} UTC+x1y2"
    folder.mkdir(parents=True)
    (folder / FILE).write_bytes(data)
    # The student writes this file, and may write what they like.
    (folder / "timestamp.txt").write_text("1999-01-01 00:00:00 UTC")
    return folder


@posix
def test_the_exchange_is_read_and_its_times_are_the_systems(tmp_path):
    me = submit(tmp_path, "ada", "1999-01-01 00:00:00", b"{1}").owner()
    roster = Roster([Student(me), *ROSTER.students[1:]])
    shutil.rmtree(tmp_path)
    before = datetime.now(UTC) - timedelta(seconds=2)
    for n in (1, 2):
        folder = submit(tmp_path, me, f"1999-01-0{n} 00:00:00", b"{%d}" % n)
        for path in (folder / FILE, folder):
            os.utime(path, (1, 1))  # an owner may set this time
        time.sleep(0.02)
    (tmp_path / f"{me}+other+1999-01-01 00:00:00 UTC+z").mkdir()
    with open_source(tmp_path, NAME, roster) as (kind, raw):
        found = one_each(raw, NAME)
        assert [f.read() for f in found] == [b"{1}", b"{2}"]
    assert kind == Kind.EXCHANGE
    assert {f.student for f in found} == {me}
    assert all(before < f.received <= datetime.now(UTC) for f in found)


@posix
def test_nobody_hands_in_for_another(tmp_path):
    submit(tmp_path, "ada", "2026-01-01 00:00:00", b"{}")
    assert "belongs to the user" in problem(look(tmp_path))
    found = look(tmp_path, check_owner=False)
    assert list(found.values()) == [("ada", b"{}")]


def test_a_folder_that_its_owner_closed_stops_nobody_else(
    tmp_path, monkeypatch
):
    (tmp_path / "ada").mkdir()
    (tmp_path / "bob.ipynb").write_bytes(b"{}")
    iterdir = Path.iterdir

    def closed(self):  # root may read all, and tests may run as root
        if self.name == "ada":
            raise PermissionError(13, "Permission denied")
        return iterdir(self)

    monkeypatch.setattr(Path, "iterdir", closed)
    found = look(tmp_path)
    assert found["bob.ipynb"] == ("bob", b"{}")
    assert "Permission denied" in found["ada"][1]


@posix
def test_a_folder_exchanged_for_a_link_is_not_followed(tmp_path):
    """Between the look and the reading its owner may do anything."""
    other = tmp_path / "other"
    other.mkdir()
    (other / FILE).write_bytes(b"{secret}")
    inbound = tmp_path / "in"
    folder = submit(inbound, "ada", "2026-01-01 00:00:00", b"{1}")
    with open_source(inbound, NAME, ROSTER, check_owner=False) as (_, raw):
        (found,) = one_each(raw, NAME)
        assert found.read() == b"{1}"
        shutil.rmtree(folder)
        folder.symlink_to(other)
        with pytest.raises(Refused, match="exchanged meanwhile"):
            found.read()


@pytest.mark.parametrize("seconds", [1e30, -1e30, float("nan")])
def test_a_file_of_no_year_has_an_unknown_time(seconds):
    assert sources._time(seconds) is None


@posix
def test_no_name_sends_escapes_to_the_terminal(command, course, tmp_path):
    inbox = tmp_path / "in" / "ada"
    inbox.mkdir(parents=True)
    (inbox / "\x1b[31mred\n.ipynb").symlink_to(inbox)
    done = command("collect", NAME, str(inbox.parent))
    assert done.exit_code == 1
    assert "\x1b[31m" not in done.output
    assert "1 left out" in done.output


def test_a_flood_of_files_stops_nobody_else(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "MAX_FILES", 3)
    (tmp_path / "ada").mkdir()
    for i in range(4):
        (tmp_path / "ada" / str(i)).touch()
    (tmp_path / "bob.ipynb").write_bytes(b"{}")
    found = look(tmp_path)
    assert found["bob.ipynb"] == ("bob", b"{}")
    assert "more than 3 files" in found["ada"][1]


# --- what it is ------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "how", "says"),
    [
        (lambda p: p / "none", {}, "does not exist"),
        (lambda p: p, {"kind": Kind.CANVAS}, "zip the folder's content"),
        (lambda p: zipped(p, {"x.ipynb": b""}), {}, "neither Canvas nor"),
        (
            lambda p: zipped(p, {f"a_1_2_{FILE}": b""}),
            {"roster": Roster([])},
            "roster import",
        ),
        (
            lambda p: zipped(p, {f"a_1_2_{FILE}": b""}),
            {"kind": Kind.FOLDER},
            "is a file; folder is a folder",
        ),
    ],
)
def test_a_source_that_is_nothing_known_is_refused(tmp_path, make, how, says):
    with pytest.raises(CourseError, match=says):
        look(make(tmp_path), **how)


# --- into the store --------------------------------------------------------


@pytest.fixture
def course(tmp_path) -> Course:
    return toy_course.make_course(tmp_path / "course")


def give(course, data: bytes, received=None, student="ada") -> bool:
    found = sources.Found(
        FILE, FILE, student, received=received, read=lambda: data
    )
    return take(course.store, course.submitted, NAME, found, "test")


def test_taking_the_same_twice_is_taking_it_once(course):
    noon = datetime(2026, 12, 1, 12, tzinfo=UTC)
    assert give(course, b"{1}", noon)
    assert not give(course, b"{1}", noon)
    assert give(course, b"{2}", noon + timedelta(hours=1))
    assert not give(course, b"{1}", noon)
    folder = course.submitted / "ada" / NAME
    assert (folder / FILE).read_bytes() == b"{2}"
    assert (folder / "timestamp.txt").read_text() == (
        "2026-12-01 13:00:00 UTC\n"
    )
    receipts = course.store.receipts(NAME, "ada")
    assert [course.store.get(r.submission) for r in receipts] == [
        b"{1}",
        b"{2}",
    ]


def test_what_lay_there_before_is_not_lost(course):
    path = course.submitted / "ada" / NAME / FILE
    path.parent.mkdir(parents=True)
    path.write_bytes(b"{old}")
    give(course, b"{new}")
    first, second = course.store.receipts(NAME, "ada")
    assert course.store.get(first.submission) == b"{old}"
    assert course.store.get(second.submission) == b"{new}"
    assert path.read_bytes() == b"{new}"


@pytest.fixture
def command(course, monkeypatch):
    monkeypatch.chdir(course.root)
    return lambda *arguments: CliRunner().invoke(cli.app, arguments)


def class_of(tmp_path, course) -> Path:
    write_roster(course.grading / "roster.csv", ROSTER.students)
    work = course.release(NAME).read_bytes()
    return zipped(
        tmp_path,
        {
            f"lovelaceada_101_5001_{FILE}": work,
            f"oneilbob_LATE_102_5002_{FILE}": work,
            f"zed_999_5003_{FILE}": work,
            f"x_103_5004_{FILE}": b"x" * (MAX_BYTES + 1),
        },
    )


def test_the_command_tells_all_and_ends_in_1_when_something_is_left(
    command, course, tmp_path
):
    path = str(class_of(tmp_path, course))
    dry = command("collect", NAME, path, "--dry-run")
    assert dry.exit_code == 1, dry.output
    assert not course.submitted.exists()
    assert not course.store.received(NAME)
    first = command("collect", NAME, path)
    assert first.exit_code == 1, first.output
    assert "2 new, 2 left out" in first.output
    assert "999" in first.output
    assert "late" in first.output
    assert "Nothing from 3 of the roster: cem, twin-1" in first.output
    assert course.store.received(NAME) == ["ada", "bob"]
    again = command("collect", NAME, path)
    assert "2 there already, 2 left out" in again.output
    assert len(course.store.receipts(NAME, "bob")) == 1


def test_what_is_collected_is_graded(command, course, tmp_path):
    inbox = tmp_path / "in"
    inbox.mkdir()
    for student in ("ada", "bob"):
        shutil.copyfile(course.release(NAME), inbox / f"{student}.ipynb")
    done = command("collect", NAME, str(inbox))
    assert done.exit_code == 0, done.output
    assert "No roster" in done.output
    assert json.loads(
        (course.submitted / "ada" / NAME / FILE).read_text("utf-8")
    )["cells"]


@pytest.mark.parametrize(
    ("time_", "says"),
    [("tomorrow", "is no time"), ("2026-12-01T23:59", "no time zone")],
)
def test_a_time_must_be_one_with_a_zone(command, tmp_path, time_, says):
    done = command("collect", NAME, str(tmp_path), "--received", time_)
    assert isinstance(done.exception, CourseError)
    assert says in str(done.exception)


def test_a_typed_time_is_the_receipt(command, course, tmp_path):
    inbox = tmp_path / "in"
    inbox.mkdir()
    (inbox / "ada.ipynb").write_bytes(b"{}")
    when = "2026-12-01T23:59+01:00"
    done = command("collect", NAME, str(inbox), "--received", when)
    assert done.exit_code == 0, done.output
    (receipt,) = course.store.receipts(NAME, "ada")
    assert receipt.received == datetime.fromisoformat(when)
    assert receipt.source == "folder: ada.ipynb"
