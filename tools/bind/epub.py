"""The EPUB 3: one XHTML file a page, formulas as MathML, drawings as SVG in
their light colours, folds open, answers below their questions.

The site's HTML is parsed, simplified to what readers on devices know, and
written as XML again.
"""

import os
import re
import time
import uuid
import zipfile
from html import escape
from pathlib import Path

from pages import in_drawing, relink

STYLE = Path(__file__).with_name("epub.css")
CONTAINER = """<?xml version="1.0" encoding="UTF-8"?>
<container version="1.0"
  xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles><rootfile full-path="book/content.opf"
  media-type="application/oebps-package+xml"/></rootfiles></container>
"""
PAGE = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml"
  xmlns:epub="http://www.idpf.org/2007/ops" lang="en" xml:lang="en">
<head><meta charset="utf-8"/><title>{title}</title>
<link rel="stylesheet" href="style.css"/></head>
<body>
{body}
</body>
</html>
"""
# HTML parsers put these names in lower case, XML knows them only like this.
CAMEL = {
    name.lower(): name
    for name in (
        *("viewBox", "preserveAspectRatio", "textLength", "lengthAdjust"),
        *("patternUnits", "patternTransform", "patternContentUnits"),
        *("gradientUnits", "gradientTransform", "clipPathUnits"),
        *("markerWidth", "markerHeight", "markerUnits", "refX", "refY"),
        *("linearGradient", "radialGradient", "clipPath", "textPath"),
        "foreignObject",
    )
}


# --- what a reading system does not know -----------------------------------


def plain_folds(article):
    """`<details>` becomes an open box, its summary a line of text."""
    for tag in article.find_all("details"):
        tag.name = "div"
        tag.attrs.pop("open", None)
    for tag in article.find_all("summary"):
        tag.name = "p"
        tag["class"] = [*tag.get("class", []), "summary"]


def plain_elements(article):
    """Custom elements become boxes; what only scripts read goes."""
    for tag in article.find_all(re.compile("^llm-")):
        tag.name = "div"
    for tag in article.find_all(tabindex=True):
        del tag["tabindex"]


def only_mathml(article):
    """Each formula as MathML alone; KaTeX also drew it in HTML."""
    for formula in article.select(".katex"):
        formula.replace_with(formula.math.extract())
    for display in article.select(".katex-display"):
        display.unwrap()


COLOURS = re.compile(r"--([\w-]+):\s*([^;}]+)")


def take_styles(svg):
    """Remove the style sheets of a drawing; {name: value} of its variables,
    of which the light ones come first."""
    colours = {}
    for style in svg.find_all("style"):
        for name, value in COLOURS.findall(style.get_text()):
            colours.setdefault(name, value)
        style.decompose()
    return colours


VARIABLE = re.compile(r"var\(--([\w-]+)(?:,\s*([^()]+))?\)")


def fill_in(tag, colours):
    """Write the values of variables where a tag's attributes name them."""

    def value_of(found):
        name, otherwise = found.groups()
        return colours.get(name, otherwise or "currentColor")

    for key, value in tag.attrs.items():
        if isinstance(value, str):
            tag[key] = VARIABLE.sub(value_of, value)


def light_drawings(article):
    """Drawings that scale, in light colours, without style sheets inside."""
    for svg in article.find_all("svg"):
        if svg.find_parent("svg"):
            continue
        colours = take_styles(svg)
        for tag in [svg, *svg.find_all(True)]:
            fill_in(tag, colours)
        if "viewbox" not in svg.attrs and "width" in svg.attrs:
            size = [re.sub("[a-z]+$", "", svg[k]) for k in ("width", "height")]
            svg["viewbox"] = f"0 0 {' '.join(size)}"
        for key in ("height", "focusable"):
            svg.attrs.pop(key, None)
    for style in article.find_all("style"):
        style.decompose()


def xml_names(article):
    """Names of SVG and MathML as XML writes them, with their namespaces."""
    for tag in article.find_all(in_drawing):
        tag.name = CAMEL.get(tag.name, tag.name)
        tag.attrs = {CAMEL.get(k, k): v for k, v in tag.attrs.items()}
        if tag.name == "svg":
            tag["xmlns"] = "http://www.w3.org/2000/svg"
            tag["xmlns:xlink"] = "http://www.w3.org/1999/xlink"
    for tag in article.find_all("math"):
        tag["xmlns"] = "http://www.w3.org/1998/Math/MathML"


STEPS = (plain_folds, plain_elements, only_mathml, light_drawings, xml_names)


def as_xhtml(page):
    """The page as a whole XHTML file."""
    for step in STEPS:
        step(page.article)
    body = page.article.decode(formatter="minimal")
    return PAGE.format(title=escape(page.title), body=body)


# --- the package -----------------------------------------------------------


def highlighting(site):
    """The colours of code, from the site's light style."""
    text = (site / "_static" / "pygments.css").read_text(encoding="utf-8")
    rules = re.findall(r'html\[data-theme="light"\] (\.highlight .*)', text)
    return "\n".join(rules)


def contents(book):
    """The navigation document."""
    rows = []
    for page in book.pages():
        inner = "".join(
            f'<li><a href="{page.name}.xhtml#{anchor}">{escape(title)}</a>'
            "</li>"
            for title, anchor in page.sections()
        )
        rows.append(
            f'<li><a href="{page.name}.xhtml">{escape(page.title)}</a>'
            f"{f'<ol>{inner}</ol>' if inner else ''}</li>"
        )
    body = (
        '<nav epub:type="toc" id="toc" role="doc-toc"><h1>Contents</h1>'
        f"<ol>{''.join(rows)}</ol></nav>"
    )
    return PAGE.format(title="Contents", body=body)


def cover(book):
    """The cover as a drawing: the book's mark, its name, its subject."""
    mark = (book.site / "_static" / "favicon.svg").read_text(encoding="utf-8")
    inner = re.search(r"<svg[^>]*>(.*)</svg>", mark, re.S)[1]
    words = book.pages()[0].title.split()
    half = (len(words) + 1) // 2
    lines = [" ".join(words[:half]), " ".join(words[half:])]
    text = "".join(
        f'<text x="100" y="{860 + 90 * i}" font-size="64" fill="#57606a">'
        f"{escape(line)}</text>"
        for i, line in enumerate(lines)
    )
    return f"""<svg xmlns="http://www.w3.org/2000/svg"
  viewBox="0 0 1000 1400" font-family="Inter, Helvetica, Arial, sans-serif">
<title>{escape(book.title)}: {escape(book.pages()[0].title)}</title>
<rect width="1000" height="1400" fill="#f0f5fb"/>
<g transform="translate(100 260) scale(8)">{inner}</g>
<text x="94" y="740" font-size="150" font-weight="700" fill="#11151a"
  letter-spacing="-6">{escape(book.title)}</text>{text}
</svg>
"""


def cover_page(book):
    """The cover for systems that show the pages only."""
    body = (
        '<section epub:type="cover" class="cover"><img src="cover.svg" '
        f'alt="Cover: {escape(book.title)}, {escape(book.pages()[0].title)}"'
        "/></section>"
    )
    return PAGE.format(title=escape(book.title), body=body)


TYPES = {".xhtml": "application/xhtml+xml", ".css": "text/css"}
TYPES |= {".svg": "image/svg+xml", ".png": "image/png", ".gif": "image/gif"}
TYPES |= {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp"}


def take_pictures(book):
    """{name: bytes} of the pages' picture files, each lying beside them."""
    taken = {}
    for page in book.pages():
        for picture in page.article.find_all("img", src=True):
            if not picture["src"].startswith("data:"):
                source = book.site / picture["src"]
                picture["src"] = source.name
                taken[source.name] = source.read_bytes()
    return taken


def properties(name, text):
    """What the package must say of a file beside its type."""
    said = {"contents.xhtml": ["nav"], "cover.svg": ["cover-image"]}
    found = said.get(name, [])
    if name.endswith(".xhtml"):
        found = found + ["svg"] * ("<svg" in text)
        found = found + ["mathml"] * ("<math" in text)
    return f' properties="{" ".join(found)}"' if found else ""


def package(book, files):
    """The list of all files and their order of reading."""
    made = int(os.environ.get("SOURCE_DATE_EPOCH", time.time()))
    changed = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(made))
    identity = uuid.uuid5(uuid.NAMESPACE_DNS, book.title)
    items = "\n".join(
        f'<item id="{name.replace(".", "-")}" href="{name}" '
        f'media-type="{TYPES[Path(name).suffix]}"{properties(name, text)}/>'
        for name, text in files.items()
    ).replace('id="', 'id="f-')
    order = ["cover", "contents", *(page.name for page in book.pages())]
    spine = "\n".join(f'<itemref idref="f-{name}-xhtml"/>' for name in order)
    subject = escape(book.pages()[0].title)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0"
  unique-identifier="id" xml:lang="en">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:identifier id="id">urn:uuid:{identity}</dc:identifier>
<dc:title>{escape(book.title)}: {subject}</dc:title>
<dc:language>en</dc:language>
<dc:creator>{escape(book.author)}</dc:creator>
<dc:rights>Text and figures: CC BY 4.0. Code: Apache-2.0.</dc:rights>
<dc:date>{escape(book.year)}</dc:date>
<meta property="dcterms:modified">{changed}</meta>
<meta property="schema:accessMode">textual</meta>
<meta property="schema:accessMode">visual</meta>
<meta property="schema:accessModeSufficient">textual</meta>
<meta property="schema:accessibilityFeature">alternativeText</meta>
<meta property="schema:accessibilityFeature">MathML</meta>
<meta property="schema:accessibilityFeature">tableOfContents</meta>
<meta property="schema:accessibilityHazard">none</meta>
</metadata>
<manifest>
{items}
</manifest>
<spine>
{spine}
</spine>
</package>
"""


def bind(book, output):
    """Write the EPUB file."""
    relink(
        book,
        lambda name, anchor: f"{name}.xhtml{f'#{anchor}' if anchor else ''}",
    )
    pictures = take_pictures(book)
    files = {
        "cover.svg": cover(book),
        "cover.xhtml": cover_page(book),
        "contents.xhtml": contents(book),
        "style.css": f"{STYLE.read_text('utf-8')}\n{highlighting(book.site)}",
        **{f"{page.name}.xhtml": as_xhtml(page) for page in book.pages()},
        **pictures,
    }
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        # The first file must be this one, and lie there as it is.
        write(archive, "mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        write(archive, "META-INF/container.xml", CONTAINER)
        write(archive, "book/content.opf", package(book, files))
        for name, data in files.items():
            write(archive, f"book/{name}", data)


def write(archive, name, data, method=zipfile.ZIP_DEFLATED):
    """Add a file without a date, so that equal books have equal bytes."""
    archive.writestr(zipfile.ZipInfo(name), data, method)
