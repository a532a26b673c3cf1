"""What nbval cannot see: cells never run, figures without alternative text,
bans that keep outputs comparable, the rhythm of a chapter, and the debris of
machine translation and generation in prose."""

import itertools
import re
import statistics
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tools.notebooks import all_notebooks, canonical

ROOT = Path(__file__).resolve().parent.parent

NOTEBOOKS = all_notebooks()
CHAPTERS = [p for p in NOTEBOOKS if re.match(r"\d\d-", p.name)]
CHAPTERS = [p for p in CHAPTERS if p.parent == ROOT / "book"]
PROSE = sorted(
    [
        *ROOT.glob("book/*.md"),
        *ROOT.glob("instructor/**/*.md"),
        *ROOT.glob("*.md"),
    ]
)
name_of = {"ids": lambda p: p.stem}


def read(path):
    return nbformat.read(path, as_version=4)


def code_cells(path):
    return [c for c in read(path).cells if c.cell_type == "code"]


def markdown(path):
    if path.suffix == ".md":
        return path.read_text(encoding="utf-8")
    cells = read(path).cells
    return "\n\n".join(c.source for c in cells if c.cell_type == "markdown")


def test_there_are_chapters():
    assert len(CHAPTERS) >= 1
    assert len(NOTEBOOKS) >= 3


# --- cells never run -------------------------------------------------------


def not_run(nb) -> list[str]:
    """Ids of code cells whose execution count is not their place, 1 to n."""
    cells = [c for c in nb.cells if c.cell_type == "code"]
    return [c.id for i, c in enumerate(cells, 1) if c.execution_count != i]


@pytest.mark.parametrize("path", NOTEBOOKS, **name_of)
def test_every_cell_was_run_in_order(path):
    assert not_run(read(path)) == []


def test_a_cell_never_run_is_caught():
    cells = [nbformat.v4.new_code_cell("1", execution_count=1)]
    cells.append(nbformat.v4.new_code_cell("2"))
    nb = nbformat.v4.new_notebook(cells=cells)
    assert not_run(nb) == [nb.cells[1].id]


@pytest.mark.parametrize("path", NOTEBOOKS, **name_of)
def test_notebook_is_canonical(path):
    assert path.read_text(encoding="utf-8") == canonical(read(path)), (
        f"run: make notebooks ({path.name})"
    )


def test_a_notebook_with_editor_debris_is_not_canonical(tmp_path):
    nb = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell("1", execution_count=7)],
        metadata={"toc": {"base": 1}},
    )
    path = tmp_path / "x.ipynb"
    nbformat.write(nb, path)
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "notebooks.py", "--check", path],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "not canonical" in done.stderr


# --- outputs that nbval would not compare ----------------------------------


def uncomparable(nb) -> list[str]:
    """Outputs that nbval passes over or that cannot repeat."""
    found = []
    for cell in nb.cells:
        if cell.cell_type != "code":
            continue
        if cell.source.rstrip().endswith(";"):
            found.append(f"{cell.id}: ends in a semicolon")
        if "nbval-skip" in str(cell.metadata) or "nbval-ignore" in str(
            cell.metadata
        ):
            found.append(f"{cell.id}: tagged to escape the comparison")
        for output in cell.outputs:
            if output.get("name") == "stderr":
                found.append(f"{cell.id}: writes to stderr")
            for kind in output.get("data", {}):
                if kind in ("image/png", "image/jpeg"):
                    found.append(f"{cell.id}: {kind} is not compared")
            if re.search(r"0x[0-9a-f]{6,}", str(output)):
                found.append(f"{cell.id}: prints a memory address")
    return found


@pytest.mark.parametrize("path", NOTEBOOKS, **name_of)
def test_every_output_can_be_compared(path):
    assert uncomparable(read(path)) == []


@pytest.mark.parametrize(
    "cell",
    [
        nbformat.v4.new_code_cell("plot();"),
        nbformat.v4.new_code_cell("f()", metadata={"tags": ["nbval-skip"]}),
        nbformat.v4.new_code_cell(
            "f()", outputs=[nbformat.v4.new_output("stream", name="stderr")]
        ),
        nbformat.v4.new_code_cell(
            "f()",
            outputs=[
                nbformat.v4.new_output("display_data", {"image/png": "iVBO"})
            ],
        ),
        nbformat.v4.new_code_cell(
            "f",
            outputs=[
                nbformat.v4.new_output("stream", text="<f at 0x7f00aa11bb>")
            ],
        ),
    ],
)
def test_an_uncomparable_output_is_caught(cell):
    assert uncomparable(nbformat.v4.new_notebook(cells=[cell]))


def figures_without_alternative(nb) -> list[str]:
    """SVGs in outputs whose description is shorter than 20 characters."""
    found = []
    for cell in nb.cells:
        for output in cell.get("outputs", []):
            html = "".join(output.get("data", {}).get("text/html", ""))
            for svg in re.findall(r"<svg.*?</svg>", html, re.S):
                texts = re.findall(r"<(?:title|desc)[^>]*>(.*?)</", svg, re.S)
                if max(map(len, texts), default=0) < 20:
                    found.append(cell.id)
            for tag in re.findall(r"<img[^>]*>", html):
                alt = re.search(r'alt="([^"]*)"', tag)
                if not alt or len(alt[1]) < 20:
                    found.append(cell.id)
    return found


@pytest.mark.parametrize("path", NOTEBOOKS, **name_of)
def test_every_figure_has_a_text_alternative(path):
    assert figures_without_alternative(read(path)) == []


def test_a_figure_without_alternative_is_caught():
    html = {"text/html": "<svg><title>plot</title><path/></svg>"}
    output = nbformat.v4.new_output("display_data", html)
    cell = nbformat.v4.new_code_cell("draw()", outputs=[output])
    nb = nbformat.v4.new_notebook(cells=[cell])
    assert figures_without_alternative(nb) == [cell.id]


# --- rhythm ----------------------------------------------------------------


def lines_of(cell) -> int:
    return len([line for line in cell.source.splitlines() if line.strip()])


@pytest.mark.parametrize("path", CHAPTERS, **name_of)
def test_cells_are_short(path):
    lengths = sorted(lines_of(c) for c in code_cells(path))
    assert statistics.median(lengths) <= 5
    assert lengths[-2] <= 20, "one idea a cell"
    assert lengths[-1] <= 40, "only the final listing may be long"


@pytest.mark.parametrize("path", CHAPTERS, **name_of)
def test_code_fits_the_page(path):
    for cell in code_cells(path):
        for line in cell.source.splitlines():
            assert len(line) <= 79, f"{cell.id}: {line}"


@pytest.mark.parametrize(
    ("what", "at_least"),
    [("quiz", 10), ("predict", 4), ("misconception", 3), ("parsons", 1)],
)
@pytest.mark.parametrize("path", CHAPTERS, **name_of)
def test_chapter_makes_the_reader_act(path, what, at_least):
    found = re.findall(rf"^(?:```|:::)+\{{{what}\}}", markdown(path), re.M)
    assert len(found) >= at_least


@pytest.mark.parametrize("path", CHAPTERS, **name_of)
def test_chapter_has_fifteen_figures(path):
    outputs = [o for c in code_cells(path) for o in c.outputs]
    html = "".join(
        "".join(o.get("data", {}).get("text/html", "")) for o in outputs
    )
    assert html.count("<svg") >= 15


@pytest.mark.parametrize("path", CHAPTERS, **name_of)
def test_prediction_comes_before_a_hidden_output(path):
    cells = read(path).cells
    for cell, following in itertools.pairwise(cells):
        if "{predict}" in cell.source and cell.cell_type == "markdown":
            assert "hide-output" in following.metadata.get("tags", []), (
                f"{cell.id}: the answer stands below the question"
            )


def words_between_actions(path) -> list[int]:
    """Words of prose between two things that the reader does."""
    gaps, words = [], 0
    for cell in read(path).cells:
        if cell.cell_type == "code":
            tags = cell.metadata.get("tags", [])
            if not {"hide-input", "remove-input"} & set(tags):
                gaps, words = gaps + [words], 0
            continue
        parts = re.split(
            r"^```\{(?:quiz|predict|parsons|widget)\}.*?^```",
            cell.source,
            flags=re.M | re.S,
        )
        for i, part in enumerate(parts):
            if i:
                gaps, words = gaps + [words], 0
            words += len(part.split())
    return gaps


@pytest.mark.parametrize("path", CHAPTERS, **name_of)
def test_no_long_stretch_without_an_action(path):
    assert max(words_between_actions(path)) <= 400


@pytest.mark.parametrize("path", CHAPTERS, **name_of)
def test_chapter_cites_what_it_does_not_compute(path):
    keys = set(re.findall(r"\{cite:[pt]\}`([^`]+)`", markdown(path)))
    keys = {key.strip() for group in keys for key in group.split(",")}
    bib = (ROOT / "book" / "references.bib").read_text(encoding="utf-8")
    known = set(re.findall(r"^@\w+\{([^,]+),", bib, re.M))
    assert len(keys) >= 5
    assert keys <= known


# --- prose -----------------------------------------------------------------

DEBRIS = re.compile(
    r"""Copy\ code | as\ an\ AI | I\ cannot\ (?:assist|help) | lorem\ ipsum
    | \bdelve | game.changer | in\ today's\ (?:fast|world) | let's\ dive
    | \bTODO\b | \bFIXME\b | \bTBD\b | \.\./shared
    | [\U0001F300-\U0001FAFF\u2705\u274C] """,
    re.X | re.I,
)


def debris(text: str) -> list[str]:
    """Refusals, paste marks, filler and emoji in prose, code spans aside."""
    text = re.sub(r"```.*?```|`[^`]*`", "", text, flags=re.S)
    return DEBRIS.findall(text)


@pytest.mark.parametrize("path", NOTEBOOKS + PROSE, **name_of)
def test_prose_has_no_debris(path):
    assert debris(markdown(path)) == []


def test_debris_is_caught():
    assert debris("As an AI, let's dive in. Copy code")
    assert not debris("The code `TODO` and `\U0001f600` are data here.")
