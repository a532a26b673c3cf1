"""The PDF: all pages in one, printed by Chromium, with bookmarks, page
numbers and tags for screen readers."""

import functools
import http.server
import os
import sys
import threading
from contextlib import contextmanager
from html import escape
from pathlib import Path

from pages import ROOT, number_ids, relink
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(ROOT))

import course

STYLE = Path(__file__).with_name("pdf.css")
PATH = "whole-book.html"
SHEETS = ("pygments", "katex/katex.min", "course", "elements")


def cover(book):
    """The title page and the contents, as HTML."""
    rows = []
    for caption, pages in book.parts:
        if caption:
            rows.append(f"<p>{escape(caption)}</p>")
        rows.append("<ul>")
        for page in pages:
            rows.append(
                f'<li><a href="#{page.name}--top">{escape(page.title)}</a>'
            )
            inner = "".join(
                f'<li><a href="#{anchor}">{escape(title)}</a></li>'
                for title, anchor in page.sections()
            )
            rows.append(f"<ul>{inner}</ul></li>" if inner else "</li>")
        rows.append("</ul>")
    welcome = book.pages()[0].title
    return f"""<header class="cover"><span class="logo-mark"></span>
<p class="cover-title">{escape(book.title)}</p>
<p class="cover-line">{escape(welcome)}</p>
<p class="cover-note">{escape(book.author)}, {escape(book.year)}.
Text and figures: CC BY 4.0. Code: Apache-2.0.</p></header>
<nav class="cover-contents"><h1>Contents</h1>{"".join(rows)}</nav>"""


def merge(book):
    """The whole book as one HTML page with the site's style sheets."""
    relink(book, lambda name, anchor: f"#{name}--{anchor or 'top'}")
    bodies = []
    for page in book.pages():
        number_ids(page)
        for fold in page.article.find_all("details"):
            fold["open"] = ""
        first = page is book.pages()[0]
        bodies.append(
            f'<div class="{"welcome" if first else "page"} bound" '
            f'id="{page.name}--top">{page.article}</div>'
        )
    sheets = "".join(
        f'<link rel="stylesheet" href="_static/{name}.css">' for name in SHEETS
    )
    return f"""<!doctype html><html lang="en" data-theme="light"><head>
<meta charset="utf-8"><title>{escape(book.title)}</title>{sheets}
<style>{STYLE.read_text(encoding="utf-8")}</style></head>
<body>{cover(book)}{"".join(bodies)}</body></html>"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *args):
        pass


@contextmanager
def serving(folder):
    """Serve `folder` on this machine only; gives the address."""
    handler = functools.partial(Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


def bind(book, output):
    """Write the PDF; RuntimeError if a part of the page did not load."""
    html = merge(book)
    failed = []
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    with serving(book.site) as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=course.browser(),
            args=["--no-sandbox"] if root else [],
        )
        tab = browser.new_page(java_script_enabled=False)
        tab.route(f"**/{PATH}", lambda route: route.fulfill(body=html))
        tab.on("requestfailed", lambda request: failed.append(request.url))
        tab.on(
            "response",
            lambda answer: (
                failed.append(answer.url) if answer.status >= 400 else None
            ),
        )
        tab.goto(base + PATH, wait_until="networkidle")
        tab.pdf(
            path=output,
            format="A4",
            prefer_css_page_size=True,
            print_background=True,
            outline=True,
            tagged=True,
        )
        browser.close()
    if failed:
        raise RuntimeError(f"not found while printing: {', '.join(failed)}")
