"""The built site, its address, and a browser.

`course.py test` builds the site and names it in SCRATCHLM_SITE; a run
without it builds one into a temporary folder. SCRATCHLM_STORIES may name
built story pages in the same way.
"""

import os
import sys
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright
from visiting import ROOT, book_around, build_book, serving

sys.path[:0] = [str(ROOT), str(ROOT / "book" / "extensions")]

import course  # noqa: E402


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The folder of the built site."""
    if given := os.environ.get("SCRATCHLM_SITE"):
        if not (Path(given) / "index.html").exists():
            pytest.fail(f"SCRATCHLM_SITE is {given}: no index.html there")
        return Path(given)
    output = tmp_path_factory.mktemp("site")
    done = build_book(ROOT, output)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return output / "_build" / "html"


@pytest.fixture(scope="session")
def address(site):
    """The address of the served site."""
    with serving(site) as base:
        yield base


STORIES = Path(__file__).parent / "stories"


@pytest.fixture(scope="session")
def built_stories(tmp_path_factory):
    """All story pages in one small site: its address, what the build said."""
    if given := os.environ.get("SCRATCHLM_STORIES"):
        with serving(Path(given)) as base:
            yield base, ""
        return
    folder = tmp_path_factory.mktemp("stories")
    pages = [*STORIES.glob("*.md"), *STORIES.glob("*.ipynb")]
    book_around(sorted(pages), folder)
    done = build_book(folder, folder)
    with serving(folder / "_build" / "html") as base:
        yield base, done.stderr


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
            "install chromium) or name it in SCRATCHLM_CHROMIUM",
            pytrace=False,
        )
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox"] if root else []
        )
        yield chromium
        chromium.close()
