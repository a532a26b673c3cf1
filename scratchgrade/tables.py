"""CSV in and out, safe to open in a spreadsheet."""

import csv
import io
import re
from collections.abc import Iterable
from pathlib import Path

from scratchgrade.checks.kit import CourseError

# What begins a formula, also in full width as in Japanese spreadsheets.
STARTS = r"=+\-@|＝＋－＠"
# Blanks and quotes that a spreadsheet may take off before it looks.
FORMULA = re.compile(rf"[\s\0'\"\ufeff\u200b]*[{STARTS}\t\r\n]")
# Where a spreadsheet that splits at semicolons would begin a cell.
INSIDE = re.compile(rf"(?<=;)(?=[\s'\"]*[{STARTS}])")


def is_formula(text: str) -> bool:
    """Whether a spreadsheet could take a cell's text for a formula."""
    return bool(FORMULA.match(text))


def guarded(text: str) -> str:
    """Text with an apostrophe before what could be a formula.

    >>> guarded("=1+1"), guarded("Ada")
    ("'=1+1", 'Ada')
    """
    return "'" + text if is_formula(text) else text


def unguarded(text: str) -> str:
    """The text that `guarded` was given."""
    return text[1:] if text[:1] == "'" and is_formula(text[1:]) else text


def safe_cell(text: str) -> str:
    """Text on one line that no spreadsheet takes for a formula.

    >>> safe_cell("a;=1+1")
    "a;'=1+1"
    """
    line = re.sub(r"[\t\r\n]+", " ", text)
    return guarded(INSIDE.sub("'", line))


def write_table(rows: Iterable[Iterable[str | float]]) -> str:
    """Rows as CSV; text is made safe, numbers are ours and stay numbers."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for row in rows:
        writer.writerow(
            [safe_cell(c) if isinstance(c, str) else f"{c:g}" for c in row]
        )
    return out.getvalue()


def read_table(path: Path) -> list[list[str]]:
    """The rows of a CSV file, by the separator that its first line has.

    Raises:
        CourseError: if it is no text in UTF-8, or no CSV.
    """
    try:
        text = path.read_text("utf-8-sig")
        first = text.partition("\n")[0]
        separator = max(",;\t", key=first.count)
        rows = list(csv.reader(io.StringIO(text), delimiter=separator))
    except (UnicodeDecodeError, csv.Error) as error:
        raise CourseError(
            f"{path} is no CSV file in UTF-8 ({error}); export it again as CSV"
        ) from None
    return [row for row in rows if any(cell.strip() for cell in row)]
