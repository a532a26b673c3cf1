"""Untrusted bytes become text of known cells, or are refused in words."""

import json
import os

import pytest

from scratchgrade import intake
from scratchgrade.intake import (
    Cell,
    Refused,
    ReleaseCell,
    canonical,
    parse_notebook,
    parse_release,
    read_submission,
    student_id,
)


@pytest.mark.parametrize("name", ["ada", "a", "x.y-z_1", "0abc", "a" * 64])
def test_plain_student_ids_are_taken(name):
    assert student_id(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "Ada",
        "a b",
        "../x",
        "a/b",
        "a\\b",
        "a..b",
        ".hidden",
        "-rf",
        "a" * 65,
        "con",
        "nul.txt",
        "lpt1",
        "trailing.",
        "аda",  # a Cyrillic letter
        "ada\n",
        "ada\u202e",
        "x\0",
    ],
)
def test_ids_that_a_path_cannot_be_built_from_are_refused(name):
    with pytest.raises(Refused, match="no student id"):
        student_id(name)


# --- files -----------------------------------------------------------------


def test_an_ordinary_file_is_read(tmp_path):
    (tmp_path / "a.ipynb").write_bytes(b"{}")
    assert read_submission(tmp_path / "a.ipynb") == b"{}"


@pytest.mark.skipif(os.name != "posix", reason="POSIX files")
@pytest.mark.parametrize("kind", ["symlink", "fifo", "folder", "dangling"])
def test_links_pipes_and_folders_are_refused(tmp_path, kind):
    path = tmp_path / "a.ipynb"
    (tmp_path / "secret").write_text("secret")
    if kind == "symlink":
        path.symlink_to(tmp_path / "secret")
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(tmp_path / "nowhere")
    with pytest.raises(Refused, match="not an ordinary file"):
        read_submission(path)


def test_a_missing_file_is_told_with_what_there_is(tmp_path):
    (tmp_path / "Untitled.ipynb").write_text("{}")
    with pytest.raises(Refused, match=r"no file a\.ipynb.*'Untitled\.ipynb'"):
        read_submission(tmp_path / "a.ipynb")


def test_a_file_over_the_cap_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(intake, "MAX_BYTES", 100)
    (tmp_path / "a.ipynb").write_bytes(b" " * 100)
    assert len(read_submission(tmp_path / "a.ipynb")) == 100
    (tmp_path / "a.ipynb").write_bytes(b" " * 101)
    with pytest.raises(Refused, match="larger than"):
        read_submission(tmp_path / "a.ipynb")


# --- notebooks -------------------------------------------------------------


def notebook(*cells, **more) -> bytes:
    return json.dumps({"nbformat": 4, "cells": list(cells), **more}).encode()


def code(source, grade_id=None, kind="code"):
    meta = {"nbgrader": {"grade_id": grade_id}} if grade_id else {}
    return {"cell_type": kind, "metadata": meta, "source": source}


def test_cells_are_read_with_their_claims_and_text():
    data = notebook(
        code(["a = 1\n", "b = 2"], "answer-1"),
        code("text", kind="markdown"),
        code("", kind="raw"),
    )
    assert parse_notebook(data) == [
        Cell("code", "answer-1", "a = 1\nb = 2"),
        Cell("markdown", "", "text"),
        Cell("raw", "", ""),
    ]


def test_a_byte_order_mark_does_no_harm():
    data = "\ufeff".encode() + notebook(code("x"))
    assert len(parse_notebook(data)) == 1


def nested(n):
    return b'{"nbformat": 4, "cells": [], "x":' + b"[" * n + b"]" * n + b"}"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "not a whole notebook"),
        (notebook(code("x"))[:-20], "cut off"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"[]", "format 4"),
        (b'{"nbformat": 3, "cells": []}', "format 4"),
        (b'{"nbformat": 4}', "list of at most"),
        (b'{"nbformat": 4, "cells": {}}', "list of at most"),
        (b'{"nbformat": 4, "nbformat": 4, "cells": []}', "twice"),
        (b'{"nbformat": 4, "cells": [], "x": NaN}', "NaN is not JSON"),
        (b'{"nbformat": 4, "cells": [], "x": ' + b"9" * 9999 + b"}", "digits"),
        (nested(100), "nested"),
        (nested(100_000), "nested"),
        (notebook(code("x", kind="video")), "no known type"),
        (notebook("text"), "no known type"),
        (notebook(code(5)), "not text"),
        (notebook(code([1, 2])), "not text"),
        (notebook(code("\ud800")), "half a character"),
        (notebook(code("x" * 200_001)), "200,001 characters"),
        (notebook(*[code("x")] * 1_001), "list of at most 1000"),
    ],
    ids=lambda x: x if isinstance(x, str) else "",
)
def test_what_is_no_notebook_is_refused_in_words(data, says):
    with pytest.raises(Refused, match=says):
        parse_notebook(data)


@pytest.mark.parametrize(
    "meta", [None, [], "x", {"nbgrader": 5}, {"nbgrader": {"grade_id": ["a"]}}]
)
def test_strange_metadata_is_no_claim(meta):
    cell = {"cell_type": "code", "metadata": meta, "source": "x"}
    assert parse_notebook(notebook(cell)) == [Cell("code", "", "x")]


# --- the canonical notebook ------------------------------------------------

RELEASE = [
    ReleaseCell("markdown", "title", "locked", 0, "# T"),
    ReleaseCell("code", "setup", "locked", 0, "import math"),
    ReleaseCell("code", "", "free", 0, "scratch = 1"),
    ReleaseCell("code", "answer-1", "solution", 0, "def f(): ..."),
    ReleaseCell("code", "check-1", "check", 3, 'check("1", f)'),
    ReleaseCell("code", "answer-2", "solution", 0, "def g(): ..."),
    ReleaseCell("code", "check-2", "check", 4, 'check("2", g)'),
    ReleaseCell("markdown", "explain", "manual", 5, "*Here.*"),
]
FULL = [
    Cell("code", "setup", "import math"),
    Cell("code", "", "scratch = 1"),
    Cell("code", "answer-1", "def f(): return 1"),
    Cell("code", "check-1", 'check("1", f)'),
    Cell("code", "answer-2", "def g(): return 2"),
    Cell("code", "check-2", 'check("2", g)'),
    Cell("markdown", "explain", "because"),
]


def names(result):
    return [step.name for step in result.steps]


def test_a_whole_submission_gives_no_notes():
    result = canonical(RELEASE, FULL)
    assert names(result) == [
        "setup", "own-1", "answer-1", "check-1", "answer-2", "check-2"
    ]  # fmt: skip
    assert result.steps[2].source == "def f(): return 1"
    assert result.answers == {"explain": "because"}
    assert result.notes == []


def test_order_and_locked_cells_come_from_the_release():
    cells = [
        Cell("code", "check-1", "assert True"),
        Cell("code", "answer-2", "def g(): return 2"),
        Cell("code", "answer-1", "def f(): return 1"),
        Cell("code", "setup", "import os"),
    ]
    result = canonical(RELEASE, cells)
    assert names(result) == [
        "setup", "answer-1", "check-1", "answer-2", "check-2"
    ]  # fmt: skip
    sources = {step.name: step.source for step in result.steps}
    assert sources["setup"] == "import math"
    assert sources["check-1"] == 'check("1", f)'
    assert any("original was used: check-1, setup" in n for n in result.notes)


def test_missing_cells_are_noted():
    result = canonical(RELEASE, FULL[:3])
    assert "answer-2" not in names(result)
    assert result.notes == ["Missing from the notebook: answer-2, explain."]


def test_a_cell_that_changed_its_type_is_noted_and_not_run():
    cells = [c for c in FULL if c.grade_id != "answer-1"]
    cells.append(Cell("markdown", "answer-1", "def f(): return 1"))
    result = canonical(RELEASE, cells)
    assert "answer-1" not in names(result)
    assert "was turned from code into markdown" in result.notes[0]


def test_of_two_cells_with_one_id_the_first_counts_and_both_run():
    cells = list(FULL)
    cells.insert(3, Cell("code", "answer-1", "def f(): return 99"))
    result = canonical(RELEASE, cells)
    assert names(result)[1:5] == ["own-1", "answer-1", "own-2", "check-1"]
    assert "more than once" in result.notes[0]


def test_own_cells_stay_in_place_and_are_capped():
    own = [Cell("code", "", f"x = {i}") for i in range(25)]
    result = canonical(RELEASE, [*FULL[:3], *own, *FULL[3:]])
    steps = [s for s in result.steps if s.role == "extra"]
    # The release's free cell, handed in untouched, does not count.
    assert len(steps) == intake.MAX_EXTRA + 1
    place = names(result).index("answer-1")
    assert names(result)[place + 1] == "own-2"
    assert "25 code cells of your own: the first 20" in result.notes[0]


def test_an_untouched_question_has_no_answer():
    cells = [*FULL[:-1], Cell("markdown", "explain", "*Here.* ")]
    assert canonical(RELEASE, cells).answers == {"explain": ""}


def test_unknown_ids_are_the_students_own_cells():
    result = canonical(RELEASE, [Cell("code", "check-77", "boom()")])
    assert [s.role for s in result.steps if s.name == "own-1"] == ["extra"]


def test_roles_are_read_from_the_release():
    def cell(kind, **meta):
        meta = {"grade_id": "x", "grade": False, "solution": False} | meta
        return {
            "cell_type": kind,
            "metadata": {"nbgrader": meta},
            "source": ["a\n", "b"],
        }

    data = notebook(
        cell("code", solution=True),
        cell("code", grade=True, points=3),
        cell("markdown", grade=True, solution=True, points=5),
        cell("markdown", locked=True),
        {"cell_type": "code", "metadata": {}, "source": ""},
    )
    cells = parse_release(data)
    roles = [c.role for c in cells]
    assert roles == ["solution", "check", "manual", "locked", "free"]
    assert cells[1].points == 3
    assert cells[0].source == "a\nb"
