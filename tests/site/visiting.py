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
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
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


# Of all pieces of text that look alike (colour, size, weight, what lies
# behind), one is enough to measure the contrast; chapters have ten
# thousand. Axe looks at an element's own text, not at that of others in it.
MEASURED = """
() => {
  const behind = new Map(), seen = new Set();
  const ground = element => {
    if (!element) return "";
    if (!behind.has(element)) {
      const look = getComputedStyle(element);
      const own = [look.backgroundColor, look.backgroundImage, look.opacity,
        look.filter, look.mixBlendMode, look.clip, look.clipPath].join();
      const plain = own === "rgba(0, 0, 0, 0),none,1,none,normal,auto,none";
      const above = ground(element.parentElement);
      behind.set(element, plain ? above : above + "/" + own);
    }
    return behind.get(element);
  };
  for (const element of document.querySelectorAll("body *")) {
    const {color, fill, fontSize, fontWeight, textShadow, position, zIndex} =
      getComputedStyle(element);
    const look = [color, fill, fontSize, fontWeight, textShadow, position,
      zIndex, element.checkVisibility({visibilityProperty: true}),
      ground(element)].join();
    const field = element.matches("input, select, textarea");
    const text = [...element.childNodes].some(
      node => node.nodeType === Node.TEXT_NODE && node.data.trim());
    const again = element.closest("main") && seen.has(look);
    element.toggleAttribute("data-measured", field || (text && !again));
    if (text) seen.add(look);
  }
}
"""
# Half of a chapter's elements are words of code, coloured by class. Of
# those that stand in the same place of the same kinds of elements, the first
# stays; the others become plain text, which has the same width.
PLAIN_CODE = """
() => {
  const seen = new Set();
  const place = e => e.tagName === "MAIN" ? ""
    : `${place(e.parentElement)} ${e.tagName}.${e.className}`;
  for (const word of document.querySelectorAll("main .highlight pre span")) {
    const plain = !word.childElementCount && word.attributes.length === 1
      && word.hasAttribute("class");
    if (!plain) continue;
    const key = place(word);
    if (seen.has(key)) word.replaceWith(word.textContent);
    seen.add(key);
  }
}
"""
UNMARK = """
() => document.querySelectorAll("[data-measured]")
  .forEach(element => element.removeAttribute("data-measured"))
"""
AXE = Axe().axe_script
FIND = """
async ([tags, colours]) => {
  const contrast = {id: "color-contrast", selector: "[data-measured]"};
  axe.configure({rules: [contrast]});
  const {violations} = await axe.run({
    runOnly: tags, rules: {"color-contrast": {enabled: colours}},
    resultTypes: ["violations"], preload: false, selectors: false,
  });
  return violations.flatMap(({id, nodes}) =>
    nodes.map(({html}) => `${id}: ${html.slice(0, 120)}`));
}
"""


def violations(tab, colours=True):
    """What axe finds, one line for each element."""
    if colours:
        tab.evaluate(MEASURED)
    if not tab.evaluate("'axe' in window"):
        tab.evaluate(AXE)
    try:
        return tab.evaluate(FIND, [RULES, colours])
    finally:
        if colours:
            tab.evaluate(UNMARK)


TOO_WIDE = """
() => {
  const page = document.documentElement;
  if (page.scrollWidth <= page.clientWidth) return [];
  return [`${page.scrollWidth} px on ${page.clientWidth}`];
}
"""


def in_theme(tab, scheme):
    """Have the page in this scheme, as the reader's system asks for it."""
    tab.emulate_media(color_scheme=scheme)
    tab.wait_for_function(
        "scheme => document.documentElement.dataset.theme === scheme",
        arg=scheme,
    )


def in_both_themes(tab):
    """What axe finds in the dark and in the light, and what is too wide."""
    found = []
    for scheme in ("dark", "light"):
        in_theme(tab, scheme)
        found += violations(tab) + tab.evaluate(TOO_WIDE)
    return found


def in_all_looks(tab):
    """`in_both_themes`, at two widths."""
    found = []
    for width in (390, 1280):
        tab.set_viewport_size({"width": width, "height": 900})
        found += in_both_themes(tab)
    return found


@dataclass
class Visit:
    """What a page did while it loaded, without a click."""

    base: str
    outside: list = field(default_factory=list)
    errors: list = field(default_factory=list)
    broken: list = field(default_factory=list)
    responses: list = field(default_factory=list)

    @cached_property
    def weight(self):
        """Bytes on the wire by path. Read it while the page is open."""
        return {
            response.url.removeprefix(self.base): over_the_wire(response)
            for response in self.responses
            if response.url.startswith(self.base)
            and response.status == 200
            and response.request.method == "GET"
        }


PACKED = (".woff2", ".png", ".jpg", ".gz")


def over_the_wire(response):
    """Bytes of a response as a server with gzip sends them."""
    body = response.body()
    packed = urlsplit(response.url).path.endswith(PACKED)
    return len(body) if packed else len(gzip.compress(body))


# What the page does when the reader first moves, done at once: all of it is
# laid out, its elements are live, and its fonts are there.
SETTLE = """
async () => {
  const script = document.querySelector("script[src*='_static/site.js']");
  if (script) {
    const later = new URL("elements/later.js", script.src.split("?")[0]);
    // of a missing page the script is not there at first
    await (await import(later.href).catch(() => null))?.settle();
  }
  await document.fonts.ready;
  await new Promise(then => requestAnimationFrame(
    () => requestAnimationFrame(() => setTimeout(then))));
}
"""
STILL = 3  # times that nothing more was asked for


def settle(tab, going=()):
    """Wait until the page is laid out and asks for nothing more.

    `going` holds the requests that are not answered yet.
    """
    still, end = 0, time.monotonic() + 30
    while still < STILL:
        tab.evaluate(SETTLE)
        still = 0 if going else still + 1
        if time.monotonic() > end:
            raise TimeoutError(f"not answered: {[r.url for r in going]}")


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
    """Open a page; gives it and the Visit. Other hosts are not reached,
    since the browser is told to know none.

    `prepare` is called with the browser's context before the page opens.
    """
    visit = Visit(base)
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        reduced_motion=motion,
        java_script_enabled=scripts,
    )
    if prepare:
        prepare(context)
    tab = context.new_page()
    going = set()

    def ask(request):
        going.add(request)
        if not request.url.startswith((base, "data:", "blob:")):
            visit.outside.append(request.url)

    def answer(response):
        visit.responses.append(response)
        if response.url.startswith(base) and response.status >= 400:
            path = response.url.removeprefix(base)
            visit.broken.append(f"{response.status} {path}")

    def complain(message):
        if message.type in ("error", "warning"):
            visit.errors.append(message.text)

    tab.on("request", ask)
    tab.on("response", answer)
    tab.on("requestfinished", lambda request: going.discard(request))
    tab.on("requestfailed", lambda request: going.discard(request))
    tab.on("pageerror", lambda error: visit.errors.append(str(error)))
    tab.on("console", complain)
    try:
        tab.goto(base + page, wait_until="load")
        if scripts:
            settle(tab, going)
        tab.remove_listener("response", answer)
        yield tab, visit
    finally:
        context.close()
