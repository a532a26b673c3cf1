"""What the tests of the site share: building it, serving it, and opening a
page in Chromium while watching what the page does."""

import functools
import gzip
import http.server
import os
import shutil
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe

ROOT = Path(__file__).resolve().parents[2]

STRICT = ("-W", "-n", "--keep-going")


def build_book(folder, output, **environment):
    """Run the strict build of `folder` as course.py does."""
    program = shutil.which("jupyter-book", path=Path(sys.executable).parent)
    env = {**os.environ, "PYTHONUTF8": "1", "OMP_NUM_THREADS": "1"}
    env.pop("SCRATCHLM_REPOSITORY", None)
    return subprocess.run(
        [
            *[program, "build", folder / "book"],
            *["--config", folder / "_config.yml"],
            *["--path-output", output, *STRICT],
        ],
        env={**env, **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *args):
        pass


@contextmanager
def serving(folder):
    """Serve `folder` on a free local port; gives the address."""
    handler = functools.partial(Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


def book_around(pages, folder):
    """A book in `folder`, with the real settings and looks, of these files.

    The files keep their names; a page named `intro` of one line is added.
    """
    book = folder / "book"
    book.mkdir(parents=True)
    shutil.copy(ROOT / "_config.yml", folder)
    for name in ("assets", "extensions"):
        shutil.copytree(
            ROOT / "book" / name,
            book / name,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    (book / "references.bib").write_text("")
    (book / "intro.md").write_text("# Stories\n\nOne page an element.\n")
    for page in pages:
        shutil.copy(page, book)
    names = "".join(f"- file: {page.stem}\n" for page in pages)
    toc = f"format: jb-book\nroot: intro\nchapters:\n{names}"
    (book / "_toc.yml").write_text(toc)


RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RULES += ["best-practice"]


LAID_OUT = "section { content-visibility: visible !important }"
TWO_FRAMES = """
() => new Promise((then) => requestAnimationFrame(
  () => requestAnimationFrame(() => setTimeout(then))))
"""


def violations(tab, colours=True):
    """What axe finds, one line for each element."""
    how = {"runOnly": RULES, "resultTypes": ["violations"]}
    how["rules"] = {"color-contrast": {"enabled": colours}}
    # axe must not measure a section that is not laid out yet
    tab.add_style_tag(content=LAID_OUT)
    tab.evaluate(TWO_FRAMES)
    found = Axe().run(tab, options=how).response["violations"]
    return [
        f"{rule['id']}: {node['html'][:120]}"
        for rule in found
        for node in rule["nodes"]
    ]


TOO_WIDE = """
() => {
  const page = document.documentElement;
  if (page.scrollWidth <= page.clientWidth) return [];
  return [`${page.scrollWidth} px on ${page.clientWidth}`];
}
"""


def in_all_looks(tab):
    """axe and width, at two widths and in both modes."""
    found = []
    for width in (1280, 390):
        tab.set_viewport_size({"width": width, "height": 900})
        for mode in ("light", "dark"):
            tab.evaluate(
                "mode => { document.documentElement.dataset.theme = mode; }",
                mode,
            )
            found += violations(tab) + tab.evaluate(TOO_WIDE)
    tab.set_viewport_size({"width": 1280, "height": 900})
    return found


@dataclass
class Visit:
    """What a page did while it loaded, without a click."""

    outside: list = field(default_factory=list)
    errors: list = field(default_factory=list)
    broken: list = field(default_factory=list)
    weight: dict = field(default_factory=dict)  # path: bytes, gzipped


PACKED = (".woff2", ".png", ".jpg", ".gz")


def over_the_wire(response):
    """Bytes of a response as a server with gzip sends them."""
    body = response.body()
    packed = urlsplit(response.url).path.endswith(PACKED)
    return len(body) if packed else len(gzip.compress(body))


@contextmanager
def opened(
    browser,
    base,
    page,
    width=1280,
    scheme="light",
    scripts=True,
    motion="reduce",
    prepare=None,
):
    """Open a page; gives it and the Visit. Other hosts are not reached.

    `prepare` is called with the browser's context before the page opens.
    """
    visit = Visit()
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        reduced_motion=motion,
        java_script_enabled=scripts,
    )

    def gate(route):
        url = route.request.url
        if url.startswith((base, "data:", "blob:")):
            route.continue_()
        else:
            visit.outside.append(url)
            route.abort()

    context.route("**/*", gate)
    if prepare:
        prepare(context)
    tab = context.new_page()
    responses = []
    tab.on("response", lambda response: responses.append(response))
    tab.on("pageerror", lambda error: visit.errors.append(str(error)))
    tab.on(
        "console",
        lambda message: (
            visit.errors.append(message.text)
            if message.type in ("error", "warning")
            else None
        ),
    )
    tab.goto(base + page, wait_until="networkidle")
    for response in responses:
        if not response.url.startswith(base):
            continue
        path = response.url.removeprefix(base)
        if response.status >= 400:
            visit.broken.append(f"{response.status} {path}")
        elif response.status == 200:
            visit.weight[path] = over_the_wire(response)
    try:
        yield tab, visit
    finally:
        context.close()
