"""What `check` notes for the book: the best result, whole or not at all, the
same bytes for the same results, and only where a person works."""

import json
import random
import sys

import pytest

from scratchgrade.checks import kit, progress
from scratchgrade.checks.kit import CheckFailed, Exercise, Session, check
from scratchgrade.checks.results import CheckResult, Verdict

POINTS = {"9.1": 4, "9.2": 6}


def results(got, most):
    verdict = Verdict.PASSED if got == most else Verdict.FAILED
    return [CheckResult("a check", verdict, got, most)]


def note(folder, id, got):
    return progress.note("09-x", POINTS, id, results(got, POINTS[id]), folder)


def noted(path):
    return json.loads(path.read_text())["assignments"]["09-x"]


def test_every_exercise_of_the_assignment_is_listed(tmp_path):
    assert noted(note(tmp_path, "9.2", 6)) == {"9.1": [0, 4], "9.2": [6, 6]}


def test_the_best_result_stays(tmp_path):
    rng = random.Random(0)
    seen = []
    for _ in range(20):
        seen.append(rng.randint(0, 6))
        path = note(tmp_path, "9.2", seen[-1])
        assert noted(path)["9.2"] == [max(seen), 6]


def test_the_order_of_work_does_not_matter(tmp_path):
    steps = [("9.1", 4), ("9.2", 2), ("9.1", 0)]
    files = []
    for name, order in (("a", steps), ("b", steps[::-1])):
        (tmp_path / name).mkdir()
        for id, got in order:
            path = note(tmp_path / name, id, got)
        files.append(path.read_bytes())
    assert files[0] == files[1]


def test_other_assignments_stay(tmp_path):
    note(tmp_path, "9.1", 4)
    path = progress.note("08-y", {"8.1": 1}, "8.1", results(1, 1), tmp_path)
    assert progress.read(path) == {
        "08-y": {"8.1": [1, 1]},
        "09-x": {"9.1": [4, 4], "9.2": [0, 6]},
    }


def test_points_that_the_course_took_back_are_not_kept(tmp_path):
    path = note(tmp_path, "9.2", 6)
    progress.note("09-x", {"9.2": 5, "9.3": 1}, "9.3", results(1, 1), tmp_path)
    assert noted(path) == {"9.2": [5, 5], "9.3": [1, 1]}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"format": "other", "assignments": {"09-x": {"9.1": [4, 4]}}}',
        '{"format": "scratchlm-exercises"}',
        '{"format": "scratchlm-exercises", "assignments": {"09-x": []}}',
        '{"format": "scratchlm-exercises", "assignments": {"x": {"9": "4"}}}',
        '{"format": "scratchlm-exercises", "assignments": {"x": {"9": [4]}}}',
    ],
)
def test_a_file_that_is_not_ours_is_replaced(tmp_path, text):
    (tmp_path / progress.NAME).write_text(text)
    assert noted(note(tmp_path, "9.1", 4)) == {"9.1": [4, 4], "9.2": [0, 6]}


def test_nothing_unfinished_is_left(tmp_path):
    note(tmp_path, "9.1", 4)
    assert [path.name for path in tmp_path.iterdir()] == [progress.NAME]


# --- when `check` writes ---------------------------------------------------


@pytest.fixture
def exercise(monkeypatch, tmp_path):
    """An exercise of a made-up stage, in an empty working folder."""
    monkeypatch.setattr(kit, "_REGISTRY", {})
    monkeypatch.setattr(kit, "STAGES", {"9": ("09-x", "json")})
    monkeypatch.chdir(tmp_path)
    made = Exercise("9.1", "Doubling", ("double",), read="Chapter 9")

    @made.check("doubles a number", 4)
    def doubles(s: Session):
        got = s.call("double", 3)
        s.equal(got, 6, checked="double(3)", look="Multiply by two.")

    return tmp_path / progress.NAME


def test_check_notes_where_a_person_works(exercise, monkeypatch):
    monkeypatch.setenv(progress.SERVED, "a.ipynb")
    with pytest.raises(CheckFailed):
        check("9.1", lambda x: x)
    assert noted(exercise) == {"9.1": [0, 4]}
    check("9.1", lambda x: 2 * x)
    assert noted(exercise) == {"9.1": [4, 4]}


def test_check_notes_in_vs_code(exercise, monkeypatch):
    monkeypatch.delenv(progress.SERVED, raising=False)
    main = sys.modules["__main__"]
    monkeypatch.setattr(main, "__vsc_ipynb_file__", "a.ipynb", raising=False)
    check("9.1", lambda x: 2 * x)
    assert exercise.exists()


def test_check_notes_nothing_when_a_program_runs_the_notebook(
    exercise, monkeypatch
):
    monkeypatch.delenv(progress.SERVED, raising=False)
    check("9.1", lambda x: 2 * x)
    assert not exercise.exists()


def test_a_folder_that_cannot_be_written_stops_nobody(exercise, monkeypatch):
    def refuse(*args):
        raise PermissionError("read-only")

    monkeypatch.setenv(progress.SERVED, "a.ipynb")
    monkeypatch.setattr(progress, "write_atomically", refuse)
    check("9.1", lambda x: 2 * x)
    assert not exercise.exists()
