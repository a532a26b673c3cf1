"""Every page in a browser: nothing from other hosts, no error, readable on a
phone, by keyboard, by screen reader, in the dark and without scripts.

Each measure comes with a page that it must catch.
"""

import json
import re
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest
import yaml
from visiting import (
    PLAIN_CODE,
    ROOT,
    TOO_WIDE,
    in_theme,
    opened,
    serving,
    violations,
)

pytestmark = pytest.mark.browser

TOC = yaml.safe_load((ROOT / "book" / "_toc.yml").read_text("utf-8"))
FILES = [TOC["root"]] + [
    chapter["file"] for part in TOC["parts"] for chapter in part["chapters"]
]
CHAPTERS = [f"{name}.html" for name in FILES if name[0].isdigit()]
PAGES = [f"{name}.html" for name in [*FILES, "search", "404"]]
BUDGET = 300_000  # bytes on the wire on first load, no click
SCRIPTS = 20_000  # of which scripts

WITHOUT_ALTERNATIVE = """
() => [...document.querySelectorAll("main img, main svg, main canvas")]
  .filter(e => !e.closest("[aria-hidden=true], .katex, button"))
  .filter(e => e.getAttribute("role") !== "presentation")
  .filter(e => {
    const named = (e.getAttribute("aria-labelledby") || "").split(" ")
      .map(id => document.getElementById(id)?.textContent || "").join(" ");
    const own = [...e.querySelectorAll(":scope > title, :scope > desc")]
      .map(t => t.textContent);
    const names = [e.getAttribute("alt"), e.getAttribute("aria-label"),
                   named, ...own];
    return Math.max(...names.map(n => (n || "").trim().length)) < 20;
  }).map(e => e.outerHTML.slice(0, 120))
"""


def test_every_built_page_is_opened_here(site):
    built = {path.name for path in site.glob("**/*.html")}
    assert built - {"index.html"} == set(PAGES)


def test_the_first_page_leads_to_the_welcome(site):
    text = (site / "index.html").read_text(encoding="utf-8")
    assert f"url={TOC['root']}.html" in text


@pytest.fixture(scope="module", params=PAGES)
def wide(request, browser, address):
    """A page at 1280 px, opened by a reader who likes it light.

    All tests of it look at one tab, one after the other.
    """
    with opened(browser, address, request.param) as (tab, visit):
        yield request.param, tab, visit


@pytest.fixture(scope="module", params=PAGES)
def narrow(request, browser, address):
    """A page at 390 px, opened by a reader who likes it dark."""
    page = request.param
    with opened(browser, address, page, 390, "dark") as (tab, _):
        yield tab


def test_page_loads_alone_without_errors_and_light(wide):
    page, tab, visit = wide
    assert visit.outside == []
    assert visit.errors == []
    assert visit.broken == []
    assert sum(visit.weight.values()) <= BUDGET, visit.weight
    if page != "search.html":  # it loads the index that it searches
        scripts = {k: n for k, n in visit.weight.items() if ".js" in k}
        assert sum(scripts.values()) <= SCRIPTS, scripts
    assert tab.locator(".katex-error").count() == 0
    assert tab.evaluate(WITHOUT_ALTERNATIVE) == []
    assert tab.evaluate("document.documentElement.lang") == "en"
    assert tab.locator("h1:visible").count() == 1


ROOM = """
() => [...document.querySelectorAll("div.cell_input pre")].map(pre => {
  for (let e = pre; e = e.closest("details:not([open])");) e.open = true;
  const whole = pre.innerHTML;
  pre.textContent = "x".repeat(79);
  const room = pre.clientWidth - pre.scrollWidth;
  pre.innerHTML = whole;
  return room;
})
"""


def test_chapter_code_of_79_columns_fits_at_1280(wide):
    page, tab, _ = wide
    room = tab.evaluate(ROOM)
    assert room or page not in CHAPTERS
    assert min(room, default=0) >= 0


def accessible(tab, scheme, colours=True):
    """Show the page in this scheme with all folds open; what axe finds."""
    in_theme(tab, scheme)
    tab.evaluate(
        "document.querySelectorAll('main details')"
        ".forEach(fold => fold.open = true)"
    )
    tab.evaluate(PLAIN_CODE)
    return violations(tab, colours)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_is_accessible_at_1280(wide, scheme):
    _, tab, _ = wide
    assert accessible(tab, scheme) == []


def test_page_fits_a_phone(narrow):
    assert narrow.evaluate("document.documentElement.dataset.theme") == "dark"
    assert narrow.evaluate(TOO_WIDE) == []


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_page_is_accessible_at_390(narrow, scheme):
    # colours are slow to measure and the same at every width
    assert accessible(narrow, scheme, colours=False) == []


@pytest.mark.parametrize("name", ["Contents", "This page elsewhere"])
def test_what_opens_over_a_page_is_accessible(browser, address, name):
    with opened(browser, address, "notation.html", 390, "dark") as (tab, _):
        button = tab.get_by_role("button", name=name)
        button.focus()
        tab.keyboard.press("Enter")
        shown = tab.locator(f"#{button.get_attribute('popovertarget')}")
        assert shown.is_visible()
        assert violations(tab) == []
        tab.keyboard.press("Escape")
        assert not shown.is_visible()


QUESTIONS = """
elements => elements.map(element =>
  [...element.querySelectorAll(".question")].map(words => words.innerText))
"""
OPEN = """
() => [...document.querySelectorAll("main llm-quiz details.option")]
  .map(option => {
    option.querySelector("summary").click();
    const verdict = option.querySelector(".verdict");
    return [verdict.checkVisibility(), verdict.innerText,
      option.querySelector(".fold-body").innerText];
  })
"""


@pytest.mark.parametrize("page", PAGES)
def test_page_is_readable_without_scripts(browser, address, page):
    with opened(browser, address, page, scripts=False) as (tab, visit):
        assert visit.errors == []
        assert tab.locator("h1:visible").count() == 1
        assert len(tab.locator("main").inner_text()) > 50
        elements = tab.locator("llm-quiz, llm-predict, llm-parsons")
        for asked in elements.evaluate_all(QUESTIONS):
            assert [bool(words.strip()) for words in asked] == [True]
        if options := tab.locator("llm-quiz details.option").all():
            options[0].locator("summary").click()
            assert options[0].locator(".verdict").is_visible()
            options[0].locator("summary").click()
        for visible, verdict, said in tab.evaluate(OPEN):
            assert visible
            assert verdict in ("Right.", "No.")
            assert len(said) > len("Right.") + 10, "a reason"


def test_text_lines_are_65_to_75_characters(browser, address):
    with opened(browser, address, "intro.html") as (tab, _):
        per_line = tab.evaluate(
            """() => {
              const long = [...document.querySelectorAll("article p")]
                .filter(p => p.textContent.length > 250);
              const lines = p => {
                const range = document.createRange();
                range.selectNodeContents(p);
                const tops = [...range.getClientRects()].map(r => r.bottom);
                return new Set(tops.map(t => Math.round(t / 20))).size;
              };
              const all = long.map(p => p.textContent.length / lines(p));
              return all.reduce((a, b) => a + b) / all.length;
            }"""
        )
        assert 60 <= per_line <= 80


def test_a_missing_page_at_any_depth_leads_back(browser, address, site):
    text = (site / "404.html").read_text(encoding="utf-8")

    def missing(context):
        context.route(
            "**/some/where.html",
            lambda route: route.fulfill(
                body=text, status=404, content_type="text/html"
            ),
        )

    page = "a/book/some/where.html"
    with opened(browser, address, page, prepare=missing) as (tab, _):
        tab.locator("[data-mode]").wait_for()
        first = tab.get_by_role("link", name="Go to the first page")
        assert first.evaluate("a => a.href") == f"{address}intro.html"
        tab.wait_for_function(
            """getComputedStyle(document.querySelector(".site-header"))
              .position === "sticky" """
        )
        tab.get_by_role("button", name="Colour mode").click()
        tab.wait_for_function(
            "document.documentElement.dataset.mode != 'auto'"
        )
        first.click()
        tab.wait_for_url("**/intro.html")


SEARCHES = "header input[type=search]:visible, header .search-link:visible"


@pytest.mark.parametrize("width", [1280, 390])
def test_one_way_to_search_is_shown(browser, address, width):
    with opened(browser, address, "intro.html", width) as (tab, _):
        assert tab.locator(SEARCHES).count() == 1
        tab.keyboard.press("/")
        if width == 1280:
            tab.keyboard.type("byte")
            tab.keyboard.press("Enter")
        tab.wait_for_url("**/search.html*")


def words_of(page):
    """The long words of a page's text, in small letters."""
    text = re.search(r"<article.*?</article>", page, re.S)[0]
    text = re.sub(r"<(script|style|svg|math).*?</\1>", " ", text, flags=re.S)
    return set(re.findall(r"\b[a-z]{9,14}\b", re.sub("<[^>]*>", " ", text)))


def rarest(words, others):
    """The word of a page that the fewest other pages have."""
    return min(sorted(words), key=lambda word: sum(word in o for o in others))


def test_the_search_finds_a_word_of_each_page(browser, address, site):
    names = [f"{name}.html" for name in FILES]
    said = {name: words_of((site / name).read_text("utf-8")) for name in names}
    with opened(browser, address, "search.html") as (tab, visit):
        for name in names:
            others = [said[other] for other in names if other != name]
            word = rarest(said[name], others)
            tab.goto(f"{address}search.html?q={word}")
            tab.locator("#search-results li a").first.wait_for()
            links = tab.locator("#search-results li a").evaluate_all(
                "links => links.map(a => new URL(a.href).pathname)"
            )
            assert any(link.endswith(f"/{name}") for link in links), word
        assert visit.errors == []


def test_a_word_of_no_page_finds_none(browser, address):
    with opened(browser, address, "search.html?q=qzxwvk") as (tab, _):
        tab.locator(".search-summary:not(:empty)").wait_for()
        assert tab.locator("#search-results li").count() == 0
        said = tab.locator(".search-summary").inner_text()
        assert said.startswith("No page has all of these words.")


def test_the_colour_mode_button_works_by_keyboard(browser, address):
    with opened(browser, address, "intro.html") as (tab, _):
        button = tab.get_by_role("button", name="Colour mode")
        modes = []
        for _ in range(3):
            button.focus()
            tab.keyboard.press("Enter")
            modes.append(tab.evaluate("document.documentElement.dataset.mode"))
        assert sorted(modes) == ["auto", "dark", "light"]


def test_print_opens_every_fold_and_hides_navigation(browser, address):
    page = CHAPTERS[0]
    with opened(browser, address, page) as (tab, _):
        tab.emulate_media(media="print")
        for part in ("header", "nav.contents", "nav.turn", "footer"):
            assert not tab.locator(part).first.is_visible()
        heights = tab.locator("main details:visible").evaluate_all(
            """folds => folds.map(fold =>
              fold.querySelector(":scope > :not(summary)")
                .getBoundingClientRect().height)"""
        )
        assert heights
        assert min(heights) > 0


def test_print_shows_addresses_and_static_twins(browser, address):
    with opened(browser, address, CHAPTERS[0]) as (tab, _):
        tab.emulate_media(media="print")
        link = tab.locator("article a[href^=http]").first
        after = link.evaluate("a => getComputedStyle(a, '::after').content")
        assert link.get_attribute("href") in after
        for twin in tab.locator(".widget-static").all():
            assert twin.is_visible()
        for widget in tab.locator(".widget > div:not(.widget-static)").all():
            assert not widget.is_visible()


# --- links -----------------------------------------------------------------


class Places(HTMLParser):
    """Collects the ids of a page, and where its links lead."""

    def __init__(self):
        super().__init__()
        self.ids, self.links = set(), []

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name == "id":
                self.ids.add(value)
            elif tag == "a" and name == "href":
                self.links.append(value)


def read_page(text):
    """The ids of a page, and where its links lead."""
    places = Places()
    places.feed(text)
    return places.ids, places.links


def dead_links(pages):
    """Links of `pages`, {name: (ids, links)}, to no page or no place."""
    wrong = []
    for name, (_, links) in pages.items():
        for link in links:
            target, _, anchor = link.partition("#")
            target = target.split("?")[0].removeprefix("./") or name
            if re.match(r"[a-z]+:", target) or target.startswith("_sources/"):
                continue
            if target not in pages:
                wrong.append(f"{name}: no page {link}")
            elif anchor and unquote(anchor) not in pages[target][0]:
                wrong.append(f"{name}: no place {link}")
    return wrong


def test_every_link_and_anchor_leads_somewhere(site):
    pages = {
        name: read_page((site / name).read_text(encoding="utf-8"))
        for name in PAGES
    }
    assert sum(len(links) for _, links in pages.values()) > 100
    assert dead_links(pages) == []


def test_a_dead_link_and_a_dead_anchor_are_caught():
    pages = {
        "a.html": read_page('<a href="b.html#here">1</a><p id="x">'),
        "b.html": read_page('<a href="c.html">2</a><a href="#y">3</a>'),
    }
    assert dead_links(pages) == [
        "a.html: no place b.html#here",
        "b.html: no page c.html",
        "b.html: no place #y",
    ]


# --- the measures catch what they are for ----------------------------------

WRONG = {
    "outside": '<script src="https://example.org/a.js"></script>',
    "errors": "<script>nothing.here</script>",
    "broken": '<img src="absent.png" alt="a picture that is not there">',
}
PAGE = '<!doctype html><html lang="en"><title>t</title><main>{}</main></html>'


@pytest.fixture
def show(tmp_path, browser):
    """Opens a page with the given body."""
    with serving(tmp_path) as base:

        def with_body(body, **how):
            text = PAGE.format(body)
            (tmp_path / "page.html").write_text(text, "utf-8")
            return opened(browser, base, "page.html", **how)

        yield with_body


@pytest.mark.parametrize("kind", WRONG)
def test_a_page_that_misbehaves_is_caught(show, kind):
    with show(WRONG[kind]) as (_, visit):
        assert getattr(visit, kind)


def test_a_heavy_page_is_caught(show, tmp_path):
    import random

    noise = random.Random(0).randbytes(BUDGET)
    (tmp_path / "heavy.png").write_bytes(noise)
    with show('<img src="heavy.png">') as (_, visit):
        assert sum(visit.weight.values()) > BUDGET


def test_text_is_weighed_compressed(show):
    with show("a" * 100_000) as (_, visit):
        assert visit.weight["page.html"] < 2_000


@pytest.mark.parametrize(
    "body",
    ['<img src="data:,">', "<svg><title>plot</title></svg>", "<canvas>"],
)
def test_a_picture_without_alternative_is_caught(show, body):
    with show(body) as (tab, _):
        assert len(tab.evaluate(WITHOUT_ALTERNATIVE)) == 1


def test_a_picture_with_alternative_passes(show):
    body = '<svg role="img" aria-label="Pairs counted in one round of BPE">'
    with show(body) as (tab, _):
        assert tab.evaluate(WITHOUT_ALTERNATIVE) == []


def test_a_page_wider_than_a_phone_is_caught(show):
    with show('<div style="width:480px">x</div>', width=390) as (tab, _):
        assert tab.evaluate(TOO_WIDE)


def test_a_button_without_name_is_caught(show):
    with show("<h1>t</h1><button></button>") as (tab, _):
        assert any("button-name" in line for line in violations(tab))


WORD = '<span class="{}">word</span>'
PALE = {
    "text": '<p>dark</p><p style="color:#bbb">pale</p>',
    "text around an element": '<p style="color:#bbb">pale <b></b></p>',
    "text on another ground": "<p>one</p><p style='background:#333'>two</p>",
    "a class of words of code": "<style>.n{color:#bbb}</style>"
    '<div class="highlight"><pre tabindex="0">'
    + WORD.format("k") * 3
    + WORD.format("n") * 3
    + "</pre></div>",
}


@pytest.mark.parametrize("kind", PALE)
def test_pale_text_is_caught(show, kind):
    with show(f"<h1>t</h1>{PALE[kind]}") as (tab, _):
        words = tab.locator(".highlight span").count()
        tab.evaluate(PLAIN_CODE)
        assert tab.locator(".highlight span").count() == min(words, 2)
        found = [line for line in violations(tab) if "color-contrast" in line]
        assert len(found) == 1


# --- what the elements leave for scripts -----------------------------------


def test_every_element_carries_data_that_a_script_can_read(browser, address):
    page = CHAPTERS[0]
    with opened(browser, address, page, scripts=False) as (tab, _):
        for quiz in tab.locator("llm-quiz").all():
            text = quiz.locator("script").first.inner_text()
            right = json.loads(text).get("right", [])  # none: a number
            for n in right if isinstance(right, list) else [right]:
                option = quiz.locator("details").nth(n)
                assert "right" in option.get_attribute("class").split()
            marked = quiz.locator("details.right").count()
            assert marked == (len(right) if isinstance(right, list) else 1)
        for parsons in tab.locator("llm-parsons").all():
            know = json.loads(parsons.locator("script").first.inner_text())
            assert len(know["order"]) == parsons.locator("ol > li").count()
            assert sorted(know["order"]) == list(range(len(know["order"])))
