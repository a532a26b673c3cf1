"""The tokenizer playground: the same ids as Python, and usable by everyone.

Python's side is tiktoken for GPT-2 and scratchlm for all vocabularies.
"""

import gzip
import random
import re
import unicodedata
from types import SimpleNamespace

import pytest
import regex
from scratchbook.vocabularies import TITLES, pack, vocabularies
from visiting import ROOT, in_both_themes, opened

from scratchlm.notebook import visible
from scratchlm.tokenizer import BPETokenizer, gpt2_encoding, pre_split

pytestmark = pytest.mark.browser

NAMES = list(TITLES)
GPT2_LIMIT, SCRIPT_LIMIT = 250_000, 20_000  # bytes, gzipped

SAMPLES = """Don't we'll I'VE they're o'clock 'tis rock'n'roll
їжак їсть борщ|Ελληνικά γράμματα|русский язык|שלום עולם|مرحبا بالعالم
हिन्दी भाषा|বাংলা ভাষা|தமிழ் மொழி|తెలుగు|ಕನ್ನಡ|മലയാളം|ไทยภาษา|ລາວ|မြန်မာ
ქართული ენა|հայերեն|አማርኛ|日本語のテキスト|中文字符|한국어 텍스트|ᏣᎳᎩ|ᓄᓇᕗᑦ
😀 👍🏽 👩‍👩‍👧‍👦 🏳️‍🌈 🇺🇦🇬🇪|½ Ⅳ ² ①②|x² + y²|naïve café Ångström
"""
SPACES = [
    *["", " ", "  ", "   a", "a  ", "\n", "\n\n\n", "a\n\n b", "\t\tx\t"],
    *["\r\n\r\n", " \n \n", "a\u00a0b", "\u3000\u3000字", "a\u2028b\u2029"],
    *["\ufeffa", " \ufeff", "a\u0085b", " \u0085 x", "\x1c\x1d", "\u180e a"],
    *["a\u200b b", "\u1680x", "\u2003\u2003y", "\x00\x01", "a \x0b\x0cb"],
]
MARKS = [
    *["\u0301", " \u0301", "e\u0301", "\u0300\u0301\u0302 a", "\u20e3"],
    *["\u0308\u0308", "a\u0335b", "\u093f", "\u0e31", "1\ufe0f\u20e3"],
]
HALVES = ["\ud83d", "\ude00", "a\ud83d b", "\ud83d\ude00", "\ude00\ud83d x"]
OTHERS = [
    *["<|endoftext|>", "a<|endoftext|>b", "$1,234,567.89", "1234567890" * 3],
    *["https://example.org/a?b=c#d", "def f(x):\n    return x ** 2\n"],
    *["-" * 100, "a" * 1000, "aA" * 40, "'" * 9, "ÃÂ" * 16, "'s's't'll'd'm"],
]


def made_up(n, seed=0):
    """Strings of signs that lie at the borders of the pre-split."""
    rng = random.Random(seed)
    signs = [*"aZéßї字١²_-' \n\t😀\u0301\u00a0\ufeff\u0085\u200b\U000e0001"]
    signs += ["'s", "'ve", "'LL", "the", "  ", " the", " 19"]
    sizes = [rng.randrange(1, 25) for _ in range(n)]
    return ["".join(rng.choices(signs, k=size)) for size in sizes]


STRINGS = re.split(r"[|\n]", SAMPLES) + SPACES + MARKS + HALVES + OTHERS
STRINGS += made_up(220 - len(STRINGS))


def units(text):
    """UTF-16 code units, since JSON cannot carry half a pair."""
    data = text.encode("utf-16-le", "surrogatepass")
    return [data[i] + 256 * data[i + 1] for i in range(0, len(data), 2)]


def split(url):
    base, _, page = url.rpartition("/")
    return base + "/", page


@pytest.fixture
def show(browser, story):
    """Opens the story of the playground."""
    base, page = split(story("tokens"))
    return lambda **how: opened(browser, base, page, **how)


@pytest.fixture(scope="module")
def run(browser, built_stories):
    """Runs JavaScript with the modules and a loaded vocabulary at hand."""
    with opened(browser, built_stories[0], "tokens.html") as (tab, _):

        def call(body, name="gpt2", given=None):
            return tab.evaluate(
                """async ([name, given, body]) => {
                  const at = file => new URL(
                    "_static/elements/" + file, location.href).href;
                  const bpeModule = await import(at("bpe.js"));
                  const {vocabulary} = await import(at("vocabularies.js"));
                  const {visible} = await import(at("visible.js"));
                  const text = u => String.fromCharCode(...u);
                  const bpe = await vocabulary(name);
                  return new Function(
                    "bpe", "given", "text", "visible", "bpeModule", body)(
                    bpe, given, text, visible, bpeModule);
                }""",
                [name, given, body],
            )

        yield call


# --- the same as Python ----------------------------------------------------


def test_there_are_200_strings_and_they_hold_the_traps():
    assert len(STRINGS) >= 200
    together = "".join(STRINGS)
    for trap in (
        "\ufeff",
        "\u0085",
        "\ud83d",
        "\u0301",
        "'ve",
        "😀",
        "\u3000",
    ):
        assert trap in together


@pytest.mark.parametrize("name", NAMES)
def test_ids_equal_those_of_the_library(run, name):
    tokenizer = vocabularies()[name][0]
    found = run(
        "return given.map(u => bpe.encode(text(u)))",
        name,
        [units(s) for s in STRINGS],
    )
    for string, ids in zip(STRINGS, found, strict=True):
        wanted = tokenizer.encode(string, disallowed_special=())
        assert ids == wanted, repr(string)


def test_ids_of_gpt2_equal_those_of_tiktoken(run):
    encoding = gpt2_encoding()
    found = run(
        "return given.map(u => bpe.encode(text(u)))",
        given=[units(s) for s in STRINGS],
    )
    assert found == [encoding.encode_ordinary(s) for s in STRINGS]


def test_slices_give_the_same_ids(run):
    words = " ".join(STRINGS * 4)
    found = run("return bpe.encodeInSlices(text(given))", given=units(words))
    assert found == gpt2_encoding().encode_ordinary(words)


@pytest.mark.parametrize("name", NAMES)
def test_decoding_any_ids_equals_the_library(run, name):
    tokenizer = vocabularies()[name][0]
    rng = random.Random(1)
    lists = [
        rng.choices(range(tokenizer.vocab_size), k=rng.randrange(12))
        for _ in range(300)
    ]
    lists += [rng.choices(range(256), k=9) for _ in range(300)]
    lists.append([tokenizer.vocab_size - 1])
    found = run("return given.map(ids => bpe.decode(ids))", name, lists)
    assert found == [tokenizer.decode(ids) for ids in lists]


@pytest.mark.parametrize("name", NAMES)
def test_steps_equal_the_library(run, name):
    tokenizer = vocabularies()[name][0]
    words = sorted({word for s in STRINGS for word in pre_split(s)}, key=units)
    words = [word for word in words if len(word) < 60]
    found = run(
        "return given.map(u => bpe.steps(text(u)).map("
        "s => [s.ids, s.pair, s.rank, s.newId]))",
        name,
        [units(word) for word in words],
    )
    for word, steps in zip(words, found, strict=True):
        wanted = [
            [s[0], list(s[1]), *s[2:]] for s in tokenizer.merge_steps(word)
        ]
        assert steps == wanted, repr(word)


def test_two_words_are_refused_as_in_the_library(run):
    said = run("try { bpe.steps('a b') } catch (e) { return e.message }")
    assert "2 words" in said
    with pytest.raises(ValueError, match="2 words"):
        BPETokenizer.gpt2().merge_steps("a b")


def test_every_token_is_written_as_in_the_book(run):
    for name in NAMES:
        tokens = vocabularies()[name][0].token_bytes
        found = run(
            "return Array.from({length: given}, (_, i) => "
            "visible(bpe.bytes(i)))",
            name,
            len(tokens),
        )
        assert found == [visible(token) for token in tokens]


def test_letters_digits_and_spaces_are_the_same_classes(run):
    """For every code point that this Python's Unicode assigns."""
    kinds = run(
        r"""
        let kinds = "";
        for (let c = 0; c < 0x110000; c++) {
          const sign = String.fromCodePoint(c);
          kinds += /\p{L}/u.test(sign) ? "L" : /\p{N}/u.test(sign) ? "N"
            : /\p{White_Space}/u.test(sign) ? "S" : ".";
        }
        return kinds;"""
    )
    tests = [regex.compile(p) for p in (r"\p{L}", r"\p{N}", r"\s")]
    for code in range(0x110000):
        if 0xD800 <= code < 0xE000 or unicodedata.category(chr(code)) == "Cn":
            continue
        found = [bool(test.match(chr(code))) for test in tests]
        assert found == [kinds[code] == kind for kind in "LNS"], hex(code)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"format": "other"}, "no tokenizer file"),
        ({"merges": [[0, 300]]}, "0 to 255 exist"),
        ({"merges": [[256 + i, 256 + i] for i in range(-1, 40)]}, "limit"),
        ({"byte_order": [0] * 256}, "each of 0 to 255"),
    ],
)
def test_a_damaged_file_is_refused(run, given, said):
    whole = {
        "format": "scratchlm BPE 1",
        "byte_order": list(range(256)),
        "merges": [],
        "special_tokens": [],
    }
    message = run(
        "try { bpeModule.BytePairEncoding.fromJSON(given) }"
        " catch (e) { return e.message }",
        given={**whole, **given},
    )
    assert said in message


# --- what is sent ----------------------------------------------------------


def test_packed_files_are_small_and_hold_all_merges():
    tokenizer, packed = vocabularies()["gpt2"]
    assert len(packed) == 256 + 4 * 50_000
    assert len(gzip.compress(packed)) <= len(packed) <= GPT2_LIMIT
    left = int.from_bytes(packed[256:258], "little")
    assert left == tokenizer.merges[0][0]


def test_more_merges_than_16_bits_are_refused():
    large = SimpleNamespace(merges=[(0, 0)] * 65_281, token_bytes=[])
    with pytest.raises(ValueError, match="65281 merges"):
        pack(large)


def test_no_vocabulary_is_loaded_before_a_click(show):
    with show() as (tab, visit):
        tab.locator("llm-tokens textarea").wait_for()
        assert not [path for path in visit.weight if path.endswith(".bin")]
        own = [p for p in visit.weight if p.startswith("_static/elements/")]
        assert sum(visit.weight[path] for path in own) <= SCRIPT_LIMIT


def test_a_vocabulary_that_does_not_come_is_told(show):
    with show() as (tab, _):
        tab.route("**/*.bin", lambda route: route.abort())
        tab.get_by_label("Your guess").fill("9")
        tab.get_by_role("button", name="and count").click()
        said = tab.locator(".said", has_text="could not be loaded")
        said.wait_for()
        tab.unroute("**/*.bin")
        tab.get_by_role("button", name="and count").click()
        tab.locator(".token-panel .chip").first.wait_for()


# --- use -------------------------------------------------------------------


def chips(tab, panel=0):
    """Texts and ids of the chips of a panel."""
    items = tab.locator(".token-panel").nth(panel).locator(".chip").all()
    return [
        (
            c.locator(".chip-text").inner_text(),
            int(c.locator("small").inner_text()),
        )
        for c in items
    ]


def expected(name, text):
    tokenizer = vocabularies()[name][0]
    ids = tokenizer.encode(text, disallowed_special=())
    return [(visible(tokenizer.token_bytes[i]), i) for i in ids]


def use(tab):
    """Guess, count with both vocabularies, choose a token, step."""
    tab.get_by_label("Your guess").fill("20")
    tab.get_by_label("Compare with").select_option("gpt2")
    tab.get_by_role("button", name="and count").click()
    tab.locator(".token-panel .chip").first.wait_for()
    tab.locator(".token-panel").first.locator(".chip").nth(4).click()
    tab.get_by_role("button", name="Next merge").click()


def test_by_mouse(show):
    with show() as (tab, visit):
        text = tab.get_by_label("Text", exact=True).input_value()
        assert "KB" in tab.get_by_role("button", name="and count").inner_text()
        use(tab)
        assert chips(tab) == expected("austen", text)
        assert chips(tab, 1) == expected("gpt2", text)
        n = len(chips(tab))
        said = tab.locator("llm-tokens .said").inner_text()
        assert said == f"{n} tokens. You guessed 20: off by {n - 20}."
        totals = tab.locator(".totals").inner_text()
        assert totals == f"{len(text)} characters, {len(text.encode())} bytes"
        detail = tab.locator(".chip-detail").first.inner_text()
        _, token_id = chips(tab)[4]
        assert f"id {token_id}, 4 bytes (20 61 72 65)" in detail
        assert tab.get_by_label("Word, with").input_value() == " are"
        assert "1 of 3 merges" in tab.locator(".step-said").inner_text()
        assert tab.evaluate("document.getAnimations().length") == 0
        assert visit.outside == visit.errors == []


def test_a_guess_is_asked_for_first(show):
    with show() as (tab, _):
        tab.get_by_role("button", name="and count").click()
        assert "Guess first" in tab.locator("llm-tokens .said").inner_text()
        assert tab.locator(".token-panel .chip").count() == 0
        assert tab.evaluate("document.activeElement.id").endswith("-guess")


def test_hover_shows_bytes(show):
    with show() as (tab, _):
        use(tab)
        tab.locator(".token-panel").nth(1).locator(".chip").nth(1).hover()
        detail = tab.locator(".chip-detail").nth(1).inner_text()
        assert detail.startswith("Token 1 has id 389, 4 bytes (20 61 72 65)")


def test_tokens_follow_what_is_typed(show):
    with show() as (tab, _):
        use(tab)
        tab.get_by_label("Text", exact=True).fill("їжак 😀\n")
        tab.get_by_text("7 characters, 14 bytes").wait_for()
        assert chips(tab, 1) == expected("gpt2", "їжак 😀\n")
        tab.get_by_label("Text", exact=True).fill("")
        tab.get_by_text("The text is empty.").first.wait_for()


def test_by_keys_alone(show):
    with show() as (tab, _):
        key = tab.keyboard.press
        tab.get_by_label("Vocabulary").focus()
        key("ArrowDown")  # Austen is followed by GPT-2
        key("Tab")
        key("Tab")
        tab.keyboard.type("15")
        key("Tab")
        assert (
            tab.evaluate(
                "getComputedStyle(document.activeElement).outlineStyle"
            )
            == "solid"
        )
        key("Enter")
        tab.locator(".token-panel .chip").first.wait_for()
        key("Tab")
        for _ in range(5):
            key("ArrowRight")
        wanted = expected(
            "gpt2", "Tokens are not words: unhappiness, 2025, їжак"
        )
        focused = tab.evaluate("document.activeElement.innerText")
        assert focused.split() == [wanted[5][0], str(wanted[5][1])]
        key("Home")
        key("End")
        assert tab.evaluate("document.activeElement.innerText").startswith("к")
        for _ in range(len(wanted) - 6):
            key("ArrowLeft")
        key("Enter")
        word = tab.get_by_label("Word, with")
        assert word.input_value() == " unhappiness"
        key("Tab")
        key("Tab")
        key("Tab")
        steps = vocabularies()["gpt2"][0].merge_steps(" unhappiness")
        for step in steps:
            lowest = tab.locator(".rank.lowest").inner_text()
            assert lowest.endswith(str(step.rank))
            key("Enter")
        said = tab.locator(".step-said").inner_text()
        assert f"{len(steps)} of {len(steps)} merges done" in said
        assert said.endswith("2 tokens.")
        key("Enter")  # at the end it does nothing, and keeps the focus
        key("Shift+Tab")
        key("Enter")
        assert tab.locator(".rank.lowest").count() == 1
        done = tab.locator(".merges-done li").all_inner_texts()
        assert [int(re.search(r"rank (\d+)", d)[1]) for d in done] == [
            step.rank for step in steps[:-1]
        ]


def test_every_target_is_at_least_24_pixels(show):
    with show(width=390) as (tab, _):
        use(tab)
        small = tab.evaluate(
            """() => [...document.querySelectorAll(
              "llm-tokens :is(button, input, select, textarea, .chip, summary)"
            )].filter(e => e.getClientRects().length && !e.closest(".ranked"))
              .map(e => e.getBoundingClientRect())
              .filter(r => r.width < 24 || r.height < 24).length"""
        )
        assert small == 0


PAUSES = """async given => {
  const {gpt2} = document.querySelector("llm-tokens").loaded;
  const {now} = performance, {setTimeout} = window;  // which waits 4 ms
  let clock = 0, pauses = 0;
  performance.now = () => clock += 1;  // each look at the clock takes 1 ms
  window.setTimeout = then => {
    pauses += 1;
    queueMicrotask(then);
  };
  const ids = await gpt2.encodeInSlices(given);
  Object.assign(performance, {now});
  Object.assign(window, {setTimeout});
  return {n: ids.length, pauses};
}"""


def test_a_long_text_never_stops_the_page(show):
    """100 KB of prose and one word of 100 KB are cut with many pauses."""
    with show() as (tab, _):
        use(tab)
        for text in ("The sea, the sky; " * 5600, "дім" * 17_000):
            found = tab.evaluate(PAUSES, text)
            assert found["n"] == len(gpt2_encoding().encode_ordinary(text))
            assert found["pauses"] >= 10
            tab.locator("llm-tokens textarea").fill(text)
            tab.get_by_text(f"{len(text.encode()):,} bytes").wait_for()
            assert tab.locator(".token-panel .chip").count() == 400
            more = tab.get_by_role("button", name="Show 200 more").first
            more.click()
            assert tab.locator(".token-panel .chip").count() == 600
            place = tab.evaluate(
                "[...document.activeElement.parentNode.children]"
                ".indexOf(document.activeElement)"
            )
            assert place == 200


def test_an_own_vocabulary_is_read(show, tmp_path):
    path = tmp_path / "mine.json"
    mine = BPETokenizer.train("low low low lower", 260, ["<|end|>"])
    mine.save(path)
    with show() as (tab, visit):
        tab.locator("llm-tokens summary").last.click()
        tab.locator("input[type=file]").set_input_files(path)
        tab.get_by_text("mine.json is loaded.").wait_for()
        tab.get_by_label("Your guess").fill("4")
        tab.get_by_label("Text", exact=True).fill("low slower")
        tab.get_by_role("button", name="Count the tokens").click()
        tab.locator(".token-panel .chip").first.wait_for()
        assert [i for _, i in chips(tab)] == mine.encode("low slower")
        path.write_text("{}")
        tab.locator("input[type=file]").set_input_files(path)
        tab.get_by_text("mine.json cannot be used").wait_for()
        assert visit.errors == []


TASKS = [
    (0, "austen", "", ["heard that", "nights"], "would"),
    (1, "austen", "", ["plain text"], "їжак"),
    (2, "austen", "gpt2", ["The cat sat."], "Elinor Dashwood"),
]


@pytest.mark.parametrize(("n", "first", "second", "wrong", "right"), TASKS)
def test_tasks_are_checked(show, n, first, second, wrong, right):
    with show() as (tab, _):
        tab.get_by_label("Vocabulary").select_option(first)
        tab.get_by_label("Compare with").select_option(second)
        task = tab.locator(".widget-tasks .task").nth(n)
        task.get_by_role("button").click()
        assert "Not yet." in task.inner_text()
        tab.get_by_label("Your guess").fill("3")
        tab.get_by_role("button", name="and count").click()
        for text in [*wrong, right]:
            tab.get_by_label("Text", exact=True).fill(text)
            tab.get_by_text(f", {len(text.encode())} bytes").wait_for()
            task.get_by_role("button").click()
            verdict = "Right." if text == right else "Not yet."
            assert verdict in task.locator(".task-said").inner_text()


# --- for everyone ----------------------------------------------------------


@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_before_and_after_use(show, width):
    with show(width=width) as (tab, visit):
        tab.locator("llm-tokens textarea").wait_for()
        assert in_both_themes(tab) == []
        visit.errors.clear()  # axe asks for style sheets that are not there
        use(tab)
        tab.locator(".widget-tasks button").first.click()
        tab.locator("llm-tokens summary").last.click()
        assert visit.errors == []
        tab.evaluate("scrollTo(0, 0)")  # no button is under the page's bar
        assert in_both_themes(tab) == []


def test_without_scripts_the_static_part_is_there(show):
    with show(scripts=False) as (tab, visit):
        assert visit.errors == []
        static = tab.locator("llm-tokens .widget-static")
        assert static.is_visible()
        assert "appiness" in static.inner_text()
        assert static.locator(".task").count() == 3


def test_print_shows_the_static_part(show):
    with show() as (tab, _):
        use(tab)
        tab.emulate_media(media="print")
        assert tab.locator("llm-tokens .widget-static").is_visible()
        assert not tab.locator("llm-tokens textarea").is_visible()


def playgrounds():
    """The text of every page of the book that holds a playground."""
    pages = [ROOT / "tests" / "site" / "stories" / "tokens.md"]
    pages += sorted((ROOT / "book").glob("*.ipynb"))
    texts = {page.name: page.read_text("utf-8") for page in pages}
    return {n: t for n, t in texts.items() if "{widget} llm-tokens" in t}


@pytest.mark.parametrize("page", playgrounds())
def test_numbers_of_the_static_part_are_true(page):
    import json

    text = playgrounds()[page]
    if page.endswith(".ipynb"):
        cells = ["".join(c["source"]) for c in json.loads(text)["cells"]]
        text = next(c for c in cells if "{widget} llm-tokens" in c)
    shown = re.search(r'^  text: "(.*)"$', text, re.M)[1]
    n, n_bytes = len(shown), len(shown.encode())
    assert f"`{shown}` has {n} characters, {n_bytes} bytes" in text
    rows = re.findall(r"^  \| ([\w-]+) \| (\d+) \| (.*) \|$", text, re.M)
    assert len(rows) >= 2
    names = {title: name for name, title in TITLES.items()}
    for title, count, cut in rows:
        tokens = [token for token, _ in expected(names[title], shown)]
        assert int(count) == len(tokens)
        assert cut == " ".join(f"`{token}`" for token in tokens)


def test_what_the_tasks_tell_is_true():
    gpt2, austen = (vocabularies()[name][0] for name in ("gpt2", "austen"))
    assert len(gpt2.encode(" asked")) == 1
    assert len(gpt2.encode("asked")) == 2
    assert len(austen.encode(" Elinor")) == 1
    assert len(gpt2.encode(" Elinor")) == 3
