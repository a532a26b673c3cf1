"""The pages of the built site as they are bound: in the order of the table
of contents, without what only a screen with scripts can use.

The site's HTML already holds the static twin of every element, so binding
only removes and renames; no word is written here.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import yaml
from bs4 import BeautifulSoup, Tag

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / "_config.yml"
TOC = ROOT / "book" / "_toc.yml"

# Only a screen has use for these.
REMOVED = (
    "script, a.headerlink, llm-progress, .actions, .hidden-note, noscript"
)
IDS = ("aria-labelledby", "aria-describedby", "for", "headers")


@dataclass
class Page:
    """One page: its name, its title, and the parsed `<article>`."""

    name: str
    title: str
    article: Tag

    def sections(self):
        """[(title, id)] of its sections, one level below the title."""
        return [
            (part.find("h2").get_text(" ", strip=True), part["id"])
            for part in self.article.select("section > section[id]")
            if part.find("h2", recursive=False)
        ]


@dataclass
class Book:
    """The site's folder, what `_config.yml` says, and the pages by part."""

    site: Path
    title: str
    author: str
    year: str
    parts: list  # (caption or "", [Page, ...])

    def pages(self):
        """All pages in the order of reading."""
        return [page for _, pages in self.parts for page in pages]


def read_page(site, name):
    """The page `name`; ValueError if the site has none or it is no page."""
    path = site / f"{name}.html"
    if not path.exists():
        raise ValueError(f"{path} is missing; build the site first")
    soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    article = soup.select_one("article.bd-article")
    if not article or not article.h1:
        raise ValueError(f"{path} has no article with a heading")
    for tag in article.select(REMOVED):
        tag.decompose()
    return Page(name, article.h1.get_text(" ", strip=True), article)


def read_book(site):
    """All pages of the site, in the order of `_toc.yml`."""
    config = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    toc = yaml.safe_load(TOC.read_text(encoding="utf-8"))
    listed = [("", [toc["root"]])]
    for part in toc.get("parts", [toc]):
        names = [chapter["file"] for chapter in part["chapters"]]
        listed.append((part.get("caption", ""), names))
    parts = [
        (caption, [read_page(site, name) for name in names])
        for caption, names in listed
    ]
    author, year = config["author"], str(config["copyright"])
    return Book(site, config["title"], author, year, parts)


def in_drawing(tag):
    """Whether the tag is an SVG drawing or a part of one."""
    return tag.name == "svg" or tag.find_parent("svg") is not None


def number_ids(page):
    """Put the page's name before its ids, so that pages share a file."""
    for tag in page.article.find_all(id=True):
        if not in_drawing(tag):
            tag["id"] = f"{page.name}--{tag['id']}"
    for tag in page.article.find_all(True):
        if in_drawing(tag):
            continue
        for key in IDS:
            if key in tag.attrs:
                words = tag[key].split() if tag[key] else []
                tag[key] = " ".join(f"{page.name}--{w}" for w in words)


def relink(book, place):
    """Rewrite links between pages: `place(name, anchor)` gives the new one.

    A link to a page that is not bound, such as the search, becomes text.
    """
    names = {page.name for page in book.pages()}
    for page in book.pages():
        for link in page.article.find_all("a", href=True):
            if re.match(r"[a-z]+:", link["href"]):
                continue
            target, _, anchor = link["href"].partition("#")
            name = target.removeprefix("./").removesuffix(".html")
            name = name or page.name
            if name in names:
                link["href"] = place(name, anchor)
            else:
                link.unwrap()
