"""The strict build: what it refuses, what it leaves out, what it adds when
a deployer names the repository."""

import re
import shutil

import nbformat
import pytest
import yaml
from scratchbook import mathematics
from scratchbook.site import (
    page_tools,
    plain_title,
    repository_options,
    say_once,
    stage_of,
)
from sphinx.errors import ConfigError
from sphinxcontrib import katex
from visiting import ROOT, build_book

BOOK = ROOT / "book"
STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


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
    for unwanted in (
        *("fontawesome", "plotly", "mathjax", "thebe", "d3."),
        *("bootstrap", "pydata", "sphinx-book-theme", "basic.css"),
    ):
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
        for name in re.findall(
            r'class="icon (icon-[\w-]+)"', page.read_text(encoding="utf-8")
        )
    }


def drawn_icons():
    css = (BOOK / "assets" / "course.css").read_text(encoding="utf-8")
    drawn = set(re.findall(r"(--icon-[\w-]+): url", css))
    return {
        name
        for name, icon in re.findall(
            r"\.(icon-[\w-]+) \{ --icon: var\((--icon-[\w-]+)\)", css
        )
        if icon in drawn
    }


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


# --- names and numbers of pages --------------------------------------------


@pytest.mark.parametrize(
    ("page", "stage"),
    [("00-basics", 0), ("07-1-classification", 7), ("notation", None)],
)
def test_the_stage_of_a_chapter_is_in_its_name(page, stage):
    assert stage_of(page) == stage


def test_a_title_loses_the_number_that_sphinx_gave_it():
    html = '<span class="section-number">2. </span>Data'
    assert plain_title(html) == plain_title("2. Data") == "Data"
    assert plain_title("GPT-2. A model") == "GPT-2. A model"


def test_buttons_of_the_theme_become_one_list():
    link = {"type": "link", "text": ".md", "url": "a.md", "tooltip": "Source"}
    group = {"type": "group", "buttons": [{**link, "label": "download-x"}]}
    paper = {"type": "javascript", "javascript": "window.print()"}
    assert page_tools([group, link, paper]) == [
        {"text": "Source", "url": "a.md", "file": True},
        {"text": "Source", "url": "a.md", "file": False},
        {"text": "Print, or save as PDF"},
    ]


def test_a_chapter_shows_its_stage_and_no_other_number(site):
    page = (site / "01-tokenization.html").read_text(encoding="utf-8")
    assert '<p class="stage-number">Stage 1</p>' in page
    assert "section-number" not in page


def test_the_welcome_page_links_the_stages_that_the_book_has(site):
    page = (site / "intro.html").read_text(encoding="utf-8")
    cards = re.findall(r'<li class="stage">(.*?)</li>', page, re.S)
    assert len(cards) == 8
    for number, card in enumerate(cards):
        chapters = sorted(p for p in listed() if stage_of(p) == number)
        title = re.search(r'<p class="stage-title">(.*?)</p>', card)[1]
        if chapters:
            assert f'href="{chapters[0]}.html"' in title
        assert ("planned" in card) == (not chapters)


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


# --- styles of figures -------------------------------------------------------


def test_what_figures_share_is_said_once():
    shared = ".drawn{color:red}\n@media screen{.drawn{\ncolor:blue}}"
    body = (
        f"<svg><style>{shared}\n#a{{width:1px}}</style></svg><p>text</p>"
        f"<svg><style>{shared}\n#b{{width:2px}}</style></svg>"
        f"<svg><style>{shared}\n</style></svg>"
    )
    assert say_once(body) == (
        f"<svg><style>{shared}\n#a{{width:1px}}</style></svg><p>text</p>"
        "<svg><style>#b{width:2px}</style></svg><svg></svg>"
    )


def test_no_rule_of_a_figure_is_lost():
    """Each line that a notebook's figures say stands in some style element."""
    chapter = nbformat.read(BOOK / "04-attention.ipynb", as_version=4)
    outputs = "".join(
        output.get("data", {}).get("text/html", "")
        for cell in chapter.cells
        for output in cell.get("outputs", [])
    )

    def lines(html):
        styles = "\n".join(STYLE.findall(html))
        return {line for line in styles.splitlines() if line}

    assert len(STYLE.findall(outputs)) > 20
    assert lines(say_once(outputs)) == lines(outputs)
    assert len(say_once(outputs)) < len(outputs) - 30_000
