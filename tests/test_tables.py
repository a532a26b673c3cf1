"""Tables that a spreadsheet may open: no cell of them is a formula."""

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scratchgrade.checks.kit import CourseError
from scratchgrade.tables import (
    guarded,
    read_table,
    safe_cell,
    unguarded,
    write_table,
)

NASTY = st.text(st.sampled_from("=+-@|＝＋ \t\r\n'\";,a1é"), max_size=12)


@given(NASTY)
def test_a_guard_can_be_taken_off_again(text):
    assert unguarded(guarded(text)) == text


@given(st.lists(NASTY, min_size=1, max_size=4))
def test_no_cell_begins_a_formula_at_whatever_sign_it_is_split(cells):
    text = write_table([cells])
    for separator in ",;\t":
        for row in csv.reader(io.StringIO(text), delimiter=separator):
            for cell in row:
                if separator == ",":
                    assert not re.match(r"[\s\"]*[=+\-@|＝＋]", cell)
                assert not re.match(r"\s*[=+\-@|＝＋]", cell)


@given(st.lists(st.text("abcé,;\"' ", max_size=8), min_size=1, max_size=4))
def test_ordinary_text_comes_back_as_it_was(cells):
    (row,) = csv.reader(io.StringIO(write_table([[*cells, "end"]])))
    assert row == [*cells, "end"]


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "|cmd", " =1", "'=1", '"=1', "＝1"]
    + ["\ufeff=1", "\t=1", "\r=1"],
)
def test_what_a_spreadsheet_would_run_is_guarded(text):
    assert guarded(text) == "'" + text
    assert safe_cell(text).lstrip("' ") == text.lstrip("'\t\r ")


@pytest.mark.parametrize("text", ["Ada", "1-2", "a=b", "O'Neil", "", "'s"])
def test_what_it_would_not_run_is_left_alone(text):
    assert safe_cell(text) == text


def test_numbers_are_numbers():
    assert write_table([[-2.5, 3.0, "-2.5"]]) == "-2.5,3,'-2.5\n"


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_table_is_read_by_the_separator_of_its_first_line(
    tmp_path, separator
):
    path = tmp_path / "t.csv"
    rows = [["a", "b", "c"], ["1, 2", "x", "y; z"]]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, delimiter=separator).writerows([*rows, []])
    assert read_table(path) == rows


def test_what_is_no_text_is_refused(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(b"a,b\n\xff\xfe")
    with pytest.raises(CourseError, match="no CSV file in UTF-8"):
        read_table(path)
