"""The strict build: what it refuses, what it leaves out, what it adds when
a deployer names the repository."""

import re
import shutil

import nbformat
import pytest
import yaml
from scratchbook import mathematics
from scratchbook.site import repository_options
from sphinx.errors import ConfigError
from sphinxcontrib import katex
from visiting import ROOT, build_book

BOOK = ROOT / "book"


# --- the pages -------------------------------------------------------------


def listed():
    """Pages that the table of contents names."""
    toc = yaml.safe_load((BOOK / "_toc.yml").read_text(encoding="utf-8"))
    chapters = [c["file"] for part in toc["parts"] for c in part["chapters"]]
    return {toc["root"], *chapters}


NOT_PAGES = {"assets", "data", "extensions", "figures"}


def written(book):
    """Pages that lie in the book's folder, without suffix."""
    return {
        path.relative_to(book).with_suffix("").as_posix()
        for kind in ("*.md", "*.ipynb")
        for path in book.rglob(kind)
        if not NOT_PAGES & set(path.relative_to(book).parts)
        and ".ipynb_checkpoints" not in path.parts
    }


def test_every_page_is_in_the_table_of_contents():
    assert written(BOOK) == listed()


def test_a_page_left_out_of_the_table_of_contents_is_caught(tmp_path):
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "02-data.ipynb").touch()
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "README.md").touch()
    assert written(tmp_path) == {"more/02-data"}


def test_no_static_folder_whose_files_would_load_on_every_page():
    assert not (BOOK / "_static").exists()


# --- what the strict build refuses -----------------------------------------


MISTAKES = {  # page: its text, and what the build must say of it
    "link": ("See [that](missing.md).", "link.md:3"),
    "citation": ("Claimed {cite:p}`unknown2020`.", "unknown2020"),
    "tex": (r"Broken: $\frac{1}{$ here.", "tex.md:3: WARNING: KaTeX cannot"),
    "command": ("$$\n\\undefinedname{x}\n$$", "command.md:3: WARNING: KaTeX"),
    "term": ("A {term}`word` without a glossary.", "term.md:3"),
    "directive": ("```{nonsense}\n```", "directive.md:3"),
    "quiz": ("```{quiz}\nquestion: Why?\n```", "quiz.md:4: WARNING: quiz"),
    "notebook": (
        ["# Notebook", "Text.\n\n```{quiz}\nquestion: Why?\n```"],
        "(cell 2, line 4)",
    ),
}
GOOD = "Fine: $x^2$ {cite:p}`known`.\n\n```{bibliography}\n```"


def small_book(folder, pages):
    """Write a book with the real settings; build it."""
    book = folder / "book"
    shutil.copy(ROOT / "_config.yml", folder)
    for name in ("assets", "extensions"):
        shutil.copytree(
            BOOK / name,
            book / name,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    (book / "references.bib").write_text(
        "@misc{known, author={A. Author}, title={T}, year={2020}}\n"
    )
    toc = {"format": "jb-book", "root": "intro", "chapters": []}
    for name, text in {"intro": GOOD, **pages}.items():
        if isinstance(text, str):
            page = f"# Page {name}\n\n{text}\n"
            (book / f"{name}.md").write_text(page, "utf-8")
        else:
            cells = [nbformat.v4.new_markdown_cell(cell) for cell in text]
            kernel = {"name": "python3", "display_name": "Python 3"}
            notebook = nbformat.v4.new_notebook(
                cells=cells, metadata={"kernelspec": kernel}
            )
            nbformat.write(notebook, book / f"{name}.ipynb")
        if name != "intro":
            toc["chapters"].append({"file": name})
    (book / "_toc.yml").write_text(yaml.safe_dump(toc))
    return build_book(folder, folder)


def test_a_book_without_mistakes_builds(tmp_path):
    done = small_book(tmp_path, {"more": "Nothing is wrong here either."})
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def refused(tmp_path_factory):
    """The build of a book in which each page has one mistake."""
    pages = {name: text for name, (text, _) in MISTAKES.items()}
    return small_book(tmp_path_factory.mktemp("mistakes"), pages)


def test_mistakes_stop_the_build(refused):
    assert refused.returncode != 0


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_with_its_place(refused, name):
    assert MISTAKES[name][1] in refused.stderr


# --- what a page loads -----------------------------------------------------


def test_nothing_unused_is_shipped(site):
    static = site / "_static"
    names = [path.name.lower() for path in static.rglob("*")]
    for unwanted in ("fontawesome", "plotly", "mathjax", "thebe", "d3."):
        assert not [name for name in names if unwanted in name]
    assert not [name for name in names if name.endswith(".map")]


def test_no_style_sheet_asks_for_a_missing_file(site):
    for sheet in (site / "_static").rglob("*.css"):
        text = sheet.read_text(encoding="utf-8")
        for link in re.findall(r"url\([\"']?([^\"')]+)", text):
            if not link.startswith(("data:", "#")):
                assert (sheet.parent / link.split("?")[0]).exists(), link


def classes_of_icons(folder):
    """Icon names that the built pages use."""
    return {
        name
        for page in folder.glob("*.html")
        for words in re.findall(
            r'class="([^"]*\bfa[bsr]?\b[^"]*|[^"]*fa-[^"]*)"',
            page.read_text(encoding="utf-8"),
        )
        for name in words.split()
        if name.startswith("fa-") and name not in ("fa-solid", "fa-lg")
    }


def drawn_icons():
    css = (BOOK / "assets" / "course.css").read_text(encoding="utf-8")
    selectors = re.findall(r"([^{}]*)\{ --icon: var", css)
    return set(re.findall(r"\.(fa-[\w-]+)", " ".join(selectors)))


def test_every_icon_in_use_is_drawn(site):
    assert classes_of_icons(site)
    assert classes_of_icons(site) <= drawn_icons()


def test_the_style_sheet_of_formulas_fits_the_script():
    css = mathematics.STYLE.read_text(encoding="utf-8")
    assert mathematics.style_version(css) == katex.katex_version


def test_a_style_sheet_of_another_version_is_refused(tmp_path, monkeypatch):
    other = tmp_path / "katex.min.css"
    other.write_text('.katex .katex-version::after{content:"0.19.0"}')
    monkeypatch.setattr(mathematics, "STYLE", other)
    with pytest.raises(ConfigError, match=r"0\.19\.0"):
        mathematics.check_version(app=None)


def test_formulas_are_printed_with_mathml_for_screen_readers(site):
    page = (site / "notation.html").read_text(encoding="utf-8")
    assert page.count('class="katex"') == page.count("<math ") > 10


# --- links to the repository -----------------------------------------------

LINKS = ("Open an issue", "Suggest edit", "Launch", "Source repository")


def with_links(folder):
    text = "".join(
        page.read_text(encoding="utf-8") for page in folder.glob("*.html")
    )
    return [link for link in LINKS if link in text]


def test_without_an_address_no_page_links_to_a_repository(site):
    assert with_links(site) == []


def test_with_an_address_pages_link_to_it(tmp_path):
    repository = "https://github.com/someone/scratchlm"
    done = build_book(ROOT, tmp_path, SCRATCHLM_REPOSITORY=repository)
    assert done.returncode == 0, done.stderr[-3000:]
    html = tmp_path / "_build" / "html"
    assert with_links(html) == list(LINKS)
    assert classes_of_icons(html) <= drawn_icons()
    chapter = (html / "01-tokenization.html").read_text(encoding="utf-8")
    file = "book/01-tokenization.ipynb"
    for link in (
        f"{repository}/edit/main/{file}",
        f"{repository}/issues/new",
        f"https://colab.research.google.com/github/someone/scratchlm/blob/"
        f"main/{file}",
        f"https://mybinder.org/v2/gh/someone/scratchlm/main?urlpath="
        f"lab/tree/{file}",
    ):
        assert link in chapter


@pytest.mark.parametrize(
    "address",
    [
        "github.com/someone/x",
        "https://github.com",
        "https://forge.example/a/b",
    ],
)
def test_an_address_that_cannot_be_linked_is_refused(address):
    with pytest.raises(ConfigError, match="SCRATCHLM_REPOSITORY"):
        repository_options(address)


def test_colab_is_offered_for_github_only():
    options = repository_options("https://gitlab.com/a/b.git/")
    assert options["repository_url"] == "https://gitlab.com/a/b"
    assert "colab_url" not in options["launch_buttons"]
