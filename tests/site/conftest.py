"""The built site, its address, and a browser.

`course.py test` builds the site and names it in SCRATCHLM_SITE; a run
without it builds one into a temporary folder. SCRATCHLM_STORIES may name
built story pages in the same way.
"""

import json
import os
import sys
import time
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright
from visiting import ROOT, book_around, build_book, serving

sys.path[:0] = [str(ROOT), str(ROOT / "book" / "extensions")]

import course  # noqa: E402


def built_once(tmp_path_factory, name, build):
    """`build(folder)`, by one of the workers, while the others wait for it.

    Gives the folder, the build's exit code and what it said.
    """
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder, result = shared / name, shared / f"{name}.json"
    try:
        folder.mkdir()
    except FileExistsError:
        end = time.monotonic() + 600
        while not result.exists():
            if time.monotonic() > end:
                pytest.fail(f"another worker does not end building {name}")
            time.sleep(0.2)
    else:
        done = build(folder)
        part = result.with_suffix(".part")
        part.write_text(
            json.dumps([done.returncode, done.stdout, done.stderr]), "utf-8"
        )
        part.replace(result)
    return folder, *json.loads(result.read_text("utf-8"))


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The folder of the built site."""
    if given := os.environ.get("SCRATCHLM_SITE"):
        if not (Path(given) / "index.html").exists():
            pytest.fail(f"SCRATCHLM_SITE is {given}: no index.html there")
        return Path(given)
    folder, code, said, wrong = built_once(
        tmp_path_factory, "site", lambda folder: build_book(ROOT, folder)
    )
    assert code == 0, said[-3000:] + wrong[-3000:]
    return folder / "_build" / "html"


@pytest.fixture(scope="session")
def address(site):
    """The address of the served site."""
    with serving(site) as base:
        yield base


STORIES = Path(__file__).parent / "stories"


def build_stories(folder):
    """Build a small book of all story pages."""
    pages = [*STORIES.glob("*.md"), *STORIES.glob("*.ipynb")]
    book_around(sorted(pages), folder)
    return build_book(folder, folder)


@pytest.fixture(scope="session")
def built_stories(tmp_path_factory):
    """All story pages in one small site: its address, what the build said."""
    if given := os.environ.get("SCRATCHLM_STORIES"):
        with serving(Path(given)) as base:
            yield base, ""
        return
    folder, _, _, said = built_once(tmp_path_factory, "stories", build_stories)
    with serving(folder / "_build" / "html") as base:
        yield base, said


@pytest.fixture
def story(built_stories):
    """`story(name)` gives the address of the page stories/<name>.

    It fails on what the build says about that page, not about others.
    """
    base, said = built_stories

    def url(name):
        lines = [line for line in said.splitlines() if f"{name}." in line]
        assert lines == [], "\n".join(lines)
        return f"{base}{name}.html"

    return url


ALONE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"


@pytest.fixture(scope="session")
def browser():
    """Headless Chromium, the system's own."""
    try:
        program = course.find_browser()
    except course.Stop as stop:
        pytest.fail(str(stop), pytrace=False)
    if not program:
        pytest.fail(
            "No Chromium or Chrome was found: install one (Debian: apt "
            "install chromium-headless-shell) or name it in "
            "SCRATCHLM_CHROMIUM",
            pytrace=False,
        )
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=program,
            args=[ALONE, *(["--no-sandbox"] if root else [])],
        )
        yield chromium
        chromium.close()
