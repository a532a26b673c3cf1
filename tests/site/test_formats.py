"""The book as one EPUB and as one PDF: whole, well formed, linked inside,
with words for every picture, and nothing that needs scripts.

The measure of an EPUB, `defects`, comes with books that it must catch.
"""

import os
import re
import subprocess
import sys
import zipfile
from pathlib import PurePosixPath
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
import yaml
from visiting import ROOT

TOC = yaml.safe_load((ROOT / "book" / "_toc.yml").read_text("utf-8"))
FILES = [TOC["root"]] + [
    chapter["file"] for part in TOC["parts"] for chapter in part["chapters"]
]
OPF = "{http://www.idpf.org/2007/opf}"
HTML = "{http://www.w3.org/1999/xhtml}"
SVG = "{http://www.w3.org/2000/svg}"
MATH = "{http://www.w3.org/1998/Math/MathML}"


def bind(kind, site, output, **environment):
    """Run the binder as `course.py` does."""
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "bind", kind, site, output],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout + done.stderr == "", "no warnings"
    return output


# --- what is wrong with an EPUB --------------------------------------------


def parsed(archive):
    """The XML files of the book, by name; those not well formed as text."""
    trees, wrong = {}, []
    for name in archive.namelist():
        if name.endswith((".xhtml", ".opf", ".svg", ".xml")):
            try:
                trees[name] = ElementTree.fromstring(archive.read(name))
            except ElementTree.ParseError as error:
                wrong.append(f"{name}: not well formed: {error}")
    return trees, wrong


def wrong_list(archive, package):
    """Files that the package does not list, or lists without having them."""
    items = {f"book/{i.get('href')}": i for i in package.iter(f"{OPF}item")}
    held = {
        name
        for name in archive.namelist()
        if name.startswith("book/") and not name.endswith(".opf")
    }
    yield from (f"{name}: not listed" for name in sorted(held - set(items)))
    yield from (f"{name}: missing" for name in sorted(set(items) - held))
    for name, item in items.items():
        if name in held and name.endswith(".xhtml"):
            said = set((item.get("properties") or "").split())
            tree = ElementTree.fromstring(archive.read(name))
            for word, tag in (("svg", f"{SVG}svg"), ("mathml", f"{MATH}math")):
                if (word in said) != (tree.find(f".//{tag}") is not None):
                    yield f"{name}: property {word} is wrong"


def dead_links(trees):
    """Links and pictures that lead to no file or no place of the book."""
    ids = {
        name: {tag.get("id") for tag in tree.iter()}
        for name, tree in trees.items()
    }
    for name, tree in trees.items():
        for tag in tree.iter():
            link = tag.get("href") or tag.get("src") or ""
            if not tag.tag.startswith(HTML) or re.match("[a-z]+:", link):
                continue
            target, _, anchor = link.partition("#")
            place = str(PurePosixPath(name).parent / target)
            place = place if target else name
            if place.endswith(".xhtml") and place not in ids:
                yield f"{name}: no file {link}"
            elif anchor and unquote(anchor) not in ids[place]:
                yield f"{name}: no place {link}"


def words_of(tag, names):
    """What a screen reader says for a picture."""
    named = (tag.get("aria-labelledby") or "").split()
    own = tag.find(f"{SVG}title")
    said = [tag.get("alt"), tag.get("aria-label")]
    said += [names.get(i, "") for i in named]
    said += [own.text if own is not None else ""]
    return " ".join(filter(None, said))


def silent_pictures(name, tree):
    """Pictures without words, and not marked as ornaments."""
    names = {t.get("id"): "".join(t.itertext()) for t in tree.iter()}
    parents = {child: tag for tag in tree.iter() for child in tag}
    for tag in tree.iter():
        if tag.tag not in (f"{HTML}img", f"{SVG}svg"):
            continue
        around, up = [tag], tag
        while up in parents:
            up = parents[up]
            around.append(up)
        hidden = any(t.get("aria-hidden") == "true" for t in around)
        spoken = any(
            len(words_of(t, names)) >= 20
            for t in around
            if t is tag or t.get("role") == "img"
        )
        if not hidden and not spoken:
            yield f"{name}: a picture without words"


FOREIGN = ("script", "style", "details", "button", "input", "noscript")


def not_for_paper(name, tree):
    """What reading systems do not know."""
    for tag in tree.find(f"{HTML}body").iter():
        local = tag.tag.rpartition("}")[2]
        if local in FOREIGN or ("-" in local and tag.tag.startswith(HTML)):
            yield f"{name}: <{local}>"
        for key, value in tag.attrib.items():
            if key.startswith("on") or "var(--" in value:
                yield f"{name}: {key}={value[:40]!r}"


def defects(path):
    """Everything wrong with an EPUB file, one line each."""
    with zipfile.ZipFile(path) as archive:
        first = archive.infolist()[0]
        wrong = []
        if (first.filename, first.compress_type) != ("mimetype", 0):
            wrong.append("the first file is not the stored mimetype")
        trees, broken = parsed(archive)
        wrong += broken
        if broken:
            return wrong
        wrong += wrong_list(archive, trees["book/content.opf"])
    pages = {n: t for n, t in trees.items() if n.endswith(".xhtml")}
    wrong += dead_links(pages)
    for name, tree in pages.items():
        wrong += silent_pictures(name, tree)
        wrong += not_for_paper(name, tree)
    return wrong


# --- the EPUB --------------------------------------------------------------


@pytest.fixture(scope="module")
def epub(site, tmp_path_factory):
    output = tmp_path_factory.mktemp("epub") / "book.epub"
    return bind("epub", site, output, SOURCE_DATE_EPOCH="0")


@pytest.fixture(scope="module")
def texts(epub):
    """The pages of the EPUB as text, by name."""
    with zipfile.ZipFile(epub) as archive:
        return {
            name: archive.read(f"book/{name}.xhtml").decode("utf-8")
            for name in FILES
        }


def test_the_epub_has_no_defect(epub):
    assert defects(epub) == []


def test_every_page_is_read_in_the_order_of_the_contents(epub):
    with zipfile.ZipFile(epub) as archive:
        package = ElementTree.fromstring(archive.read("book/content.opf"))
    order = [item.get("idref") for item in package.iter(f"{OPF}itemref")]
    assert order[2:] == [f"f-{name}-xhtml" for name in FILES]


def test_formulas_are_mathml_and_none_is_lost(site, texts):
    for name, text in texts.items():
        page = (site / f"{name}.html").read_text(encoding="utf-8")
        assert text.count("<math ") == page.count("<math ")
        assert "katex" not in text
    assert any("<math " in text for text in texts.values())


def test_questions_keep_their_options_and_answers(site, texts):
    for name, text in texts.items():
        page = (site / f"{name}.html").read_text(encoding="utf-8")
        for sign in ('class="verdict"', 'class="fold-body"', "<h2>"):
            assert text.count(sign) == page.count(sign), sign


def test_code_is_coloured_by_the_light_style(epub):
    with zipfile.ZipFile(epub) as archive:
        style = archive.read("book/style.css").decode("utf-8")
    assert re.search(r"^\.highlight \.k ?\{", style, re.M)
    assert "data-theme" not in style


def test_equal_books_have_equal_bytes(epub, site, tmp_path):
    again = tmp_path / "again.epub"
    bind("epub", site, again, SOURCE_DATE_EPOCH="0")
    assert again.read_bytes() == epub.read_bytes()


# --- the measure catches what it is for ------------------------------------

PAGE = (
    '<html xmlns="http://www.w3.org/1999/xhtml" '
    'xmlns:svg="http://www.w3.org/2000/svg"><body>{}</body></html>'
)
PACKAGE = (
    '<package xmlns="http://www.idpf.org/2007/opf"><manifest>'
    '<item href="a.xhtml"{}/></manifest></package>'
)
WRONG = {
    "not well formed": "<p>",
    "no file b.xhtml": '<a href="b.xhtml">b</a>',
    "no place #here": '<a href="#here">b</a>',
    "without words": '<img src="data:," alt="short"/>',
    "<details>": "<details><p>x</p></details>",
    "<llm-quiz>": "<llm-quiz/>",
    "onclick": '<p onclick="x()">x</p>',
    "style=": '<p style="color: var(--ink)">x</p>',
    "property svg": '<svg:svg aria-hidden="true"/>',
}


def small_epub(path, body, **more):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr("book/content.opf", PACKAGE.format(""))
        archive.writestr("book/a.xhtml", PAGE.format(body))
        for name, text in more.items():
            archive.writestr(f"book/{name}", text)
    return path


def test_a_sound_epub_has_no_defect(tmp_path):
    assert defects(small_epub(tmp_path / "a.epub", "<p>fine</p>")) == []


@pytest.mark.parametrize("said", WRONG)
def test_a_defect_is_caught(tmp_path, said):
    found = defects(small_epub(tmp_path / "a.epub", WRONG[said]))
    assert len(found) == 1
    assert said in found[0]


def test_a_file_that_is_not_listed_is_caught(tmp_path):
    path = small_epub(tmp_path / "a.epub", "", extra="text")
    assert defects(path) == ["book/extra: not listed"]


def test_a_site_that_was_not_built_is_refused(tmp_path):
    done = subprocess.run(
        [sys.executable, ROOT / "tools/bind", "epub", tmp_path, "x.epub"],
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert "build the site first" in done.stderr


# --- the PDF ---------------------------------------------------------------


def bookmarks(data):
    """The texts of a PDF's bookmarks."""
    found = re.findall(rb"/Title \(((?:\\.|[^\\)])*)\)|/Title <([^>]*)>", data)
    return [
        bytes.fromhex(coded.decode()).decode("utf-16")
        if coded
        else re.sub(rb"\\(.)", rb"\1", plain).decode("latin-1")
        for plain, coded in found
    ]


@pytest.fixture(scope="module")
def pdf(site, tmp_path_factory):
    output = tmp_path_factory.mktemp("pdf") / "book.pdf"
    return bind("pdf", site, output).read_bytes()


def titles(site):
    """The headings of all pages, as text."""
    for name in FILES:
        page = (site / f"{name}.html").read_text(encoding="utf-8")
        heading = re.search(r"<h1>(.*?)<a class=", page, re.S)[1]
        yield re.sub("<[^>]*>", "", heading).strip()


@pytest.mark.browser
def test_the_pdf_has_a_bookmark_for_every_page(pdf, site):
    marks = bookmarks(pdf)
    for title in titles(site):
        assert title in marks
    assert len(marks) > 5 * len(FILES), "sections too"


@pytest.mark.browser
def test_the_pdf_is_tagged_and_has_a_language(pdf):
    assert b"/StructTreeRoot" in pdf
    assert b"/Marked true" in pdf
    assert re.search(rb"/Lang \(en", pdf)


@pytest.mark.browser
def test_the_pdf_has_pages_for_all_text(pdf, site):
    pages = len(re.findall(rb"/Type /Page\b(?!s)", pdf))
    words = sum(
        len((site / f"{name}.html").read_text("utf-8").split())
        for name in FILES
    )
    assert pages >= len(FILES) + 2
    assert pages > words / 3_000
