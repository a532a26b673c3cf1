"""The window explorer: the library's windows, and usable by everyone."""

import itertools
import re

import pytest
from scratchbook.vocabularies import vocabularies
from visiting import ROOT, in_both_themes, opened

from scratchlm.data import WindowLoader
from scratchlm.notebook import visible
from scratchlm.tokenizer import pre_split
from scratchlm.windows import count_windows, sliding_windows

pytestmark = pytest.mark.browser

STORY = ROOT / "tests" / "site" / "stories" / "window.md"
TEXT = re.search(r'^  text: "(.*)"$', STORY.read_text("utf-8"), re.M)[1]
WORDS = [visible(word) for word in pre_split(TEXT)]
SCRIPT_LIMIT = 20_000  # bytes, gzipped


@pytest.fixture
def show(browser, story):
    """Opens the story of the window explorer."""
    base, _, page = story("window").rpartition("/")
    return lambda **how: opened(browser, base + "/", page, **how)


def put(tab, length, stride, batch=2, drop_last=True):
    tab.get_by_label("Length").fill(str(length))
    tab.get_by_label("Stride").fill(str(stride))
    tab.get_by_label("Batch size").fill(str(batch))
    tab.get_by_label("Drop a last").set_checked(drop_last)


def facts(tab):
    return tab.evaluate("document.querySelector('llm-window').facts")


def tables(tab, selector):
    """The cells of every table: [[row, ...], ...], a row a list of texts."""
    return tab.evaluate(
        """selector => [...document.querySelectorAll(selector)].map(table =>
          [...table.rows].map(row =>
            [...row.querySelectorAll("td")].map(cell => cell.textContent)))""",
        selector,
    )


# --- the same as the library -----------------------------------------------


def library(n_tokens, length, stride):
    """The starts of all windows and how often each token is a target."""
    times = [0] * n_tokens
    try:
        inputs, targets = sliding_windows(range(n_tokens), length, stride)
    except ValueError:
        return [], times
    for place in targets.flatten().tolist():
        times[place] += 1
    return inputs[:, 0].tolist(), times


def test_counts_and_targets_equal_the_library_on_a_grid(show):
    grid = list(itertools.product(range(24), range(1, 9), range(1, 11)))
    with show() as (tab, _):
        found = tab.evaluate(
            """async grid => {
              const m = await import(new URL(
                "_static/elements/windows.js", location.href).href);
              return grid.map(sizes =>
                [m.countWindows(...sizes), m.timesTarget(...sizes)]);
            }""",
            grid,
        )
    for sizes, (n, times) in zip(grid, found, strict=True):
        starts, wanted = library(*sizes)
        assert (n, times) == (len(starts), wanted), sizes
        assert n == count_windows(*sizes)


def test_batches_equal_the_loader_on_a_grid(show):
    """With the last batch dropped as WindowLoader does, else as split."""
    sizes = itertools.product((9, 16, 23), (1, 3, 4), (1, 3, 5), (1, 2, 4))
    grid = [(*n, batch) for *n, batch in sizes if count_windows(*n) >= batch]
    assert len(grid) > 60
    with show() as (tab, _):
        found = tab.evaluate(
            """async grid => {
              const m = await import(new URL(
                "_static/elements/windows.js", location.href).href);
              return grid.map(([n, length, stride, batch]) =>
                [true, false].map(drop => m.batches(
                  m.countWindows(n, length, stride), batch, drop)));
            }""",
            grid,
        )
    for (n, length, stride, batch), (full, every) in zip(
        grid, found, strict=True
    ):
        loader = WindowLoader(range(n), batch, length, stride, shuffle=False)
        starts = [
            next(loader)[0][:, 0].tolist() for _ in range(loader.n_batches)
        ]
        assert [[i * stride for i in rows] for rows in full] == starts
        rows = sliding_windows(range(n), length, stride)[0].split(batch)
        starts = [part[:, 0].tolist() for part in rows]
        assert [[i * stride for i in rows] for rows in every] == starts


@pytest.mark.parametrize(
    ("length", "stride", "batch", "drop_last"),
    [(4, 2, 2, True), (4, 4, 4, False), (3, 5, 2, False), (1, 1, 8, True)],
)
def test_what_is_shown_equals_the_library(
    show, length, stride, batch, drop_last
):
    inputs, targets = (
        [[WORDS[i] for i in row] for row in part.tolist()]
        for part in sliding_windows(range(len(WORDS)), length, stride)
    )
    with show() as (tab, _):
        put(tab, length, stride, batch, drop_last)
        n_batches = len(inputs) // batch
        if not drop_last:
            n_batches = -(-len(inputs) // batch)
        seen = facts(tab)
        assert seen["windows"] == len(inputs)
        assert seen["batches"] == n_batches
        assert seen["overlap"] == max(0, length - stride)
        left_out = len(inputs) - n_batches * batch if drop_last else 0
        assert seen["left_out"] == left_out
        for name, rows in (("x", inputs), ("y", targets)):
            shown = tables(tab, f"llm-window .batches table.{name}")
            assert len(shown) == min(n_batches, 4)
            flat = [row for table in shown for row in table]
            assert flat == rows[: len(flat)]
        said = tab.locator("llm-window .counts").inner_text()
        ceil = f"⌈({len(WORDS)} − {length}) / {stride}⌉ = {len(inputs)}"
        assert ceil in said


def test_every_window_is_shown_by_stepping(show):
    length, stride = 5, 3
    inputs, targets = sliding_windows(range(len(WORDS)), length, stride)
    with show() as (tab, _):
        put(tab, length, stride)
        for i, (x, y) in enumerate(
            zip(inputs.tolist(), targets.tolist(), strict=True)
        ):
            if i:
                tab.get_by_role("button", name="Next", exact=True).click()
            [[row_x, row_y]] = tables(tab, "llm-window .pairs table")
            assert row_x == [WORDS[i] for i in x]
            assert row_y == [WORDS[i] for i in y]
            for kind, places in (("x", x), ("y", y)):
                marked = tab.locator(
                    f".in-window .chip:is(.{kind}, .xy) .chip-text"
                ).all_inner_texts()
                assert marked == [WORDS[i] for i in places]
        assert "Window 6, the last is 6" in tab.locator(".which").inner_text()


def test_the_strip_shows_how_often_each_token_is_a_target(show):
    with show() as (tab, _):
        put(tab, 4, 6)
        _, times = library(len(WORDS), 4, 6)
        assert 0 in times[1:], "a gap to look at"
        bars = tab.locator(".window-map rect.times").all()
        empty = [("none" in b.get_attribute("class").split()) for b in bars]
        assert empty == [n == 0 for n in times]
        assert facts(tab)["skipped"] == times[1:].count(0) - 2  # 2 at the end


def test_tokens_of_the_vocabulary(show):
    tokenizer = vocabularies()["stories"][0]
    tokens = [
        visible(tokenizer.token_bytes[i]) for i in tokenizer.encode(TEXT)
    ]
    with show() as (tab, visit):
        assert not [p for p in visit.weight if p.endswith(".bin")]
        button = tab.get_by_role("button", name="Stories vocabulary")
        assert "3 KB" in button.inner_text()
        button.click()
        tab.get_by_role("button", name="Use whole words").wait_for()
        put(tab, len(tokens) - 1, 1)
        assert facts(tab)["windows"] == 1
        [[x, y]] = tables(tab, "llm-window .pairs table")
        assert (x, y) == (tokens[:-1], tokens[1:])
        tab.get_by_role("button", name="Use whole words").click()
        assert facts(tab)["windows"] == 0


# --- use -------------------------------------------------------------------


def test_by_mouse(show):
    with show() as (tab, visit):
        tab.get_by_label("Text", exact=True).fill("a b c d e f g h")
        put(tab, 3, 2)
        assert facts(tab)["windows"] == 3
        tab.locator(".window-map .window").nth(1).click()
        assert "Window 1," in tab.locator(".which").inner_text()
        assert tab.evaluate("document.getAnimations().length") == 0
        assert visit.outside == visit.errors == []


def test_by_keys_alone(show):
    with show() as (tab, _):
        key = tab.keyboard.press
        tab.get_by_label("Text", exact=True).focus()
        key("Tab")
        key("ArrowUp")  # length 5
        key("Tab")
        key("ArrowUp")
        key("ArrowUp")  # stride 4
        key("Tab")
        key("ArrowUp")  # batch size 3
        key("Tab")
        key("Space")  # no longer dropped
        assert facts(tab) == {
            "windows": count_windows(len(WORDS), 5, 4),
            "batches": 2,
            "overlap": 1,
            "left_out": 0,
            "skipped": 0,
            "each_once": False,
        }
        key("Tab")  # the vocabulary
        key("Tab")  # the picture
        key("Tab")  # Back
        key("Tab")
        outline = "getComputedStyle(document.activeElement).outlineStyle"
        assert tab.evaluate(outline) == "solid"
        for _ in range(9):
            key("Enter")
        assert "Window 4, the last is 4" in tab.locator(".which").inner_text()
        assert tab.evaluate("document.activeElement.innerText") == "Next"


@pytest.mark.parametrize("wrong", ["0", "-2", "1.5", ""])
def test_a_wrong_number_is_told_as_in_the_library(show, wrong):
    with show() as (tab, _):
        tab.get_by_label("Stride").fill(wrong)
        said = tab.locator("llm-window .said").first.inner_text()
        assert said.startswith(f"stride={wrong or 'nothing'}, but it must be")
        assert facts(tab) == {}
        assert not tab.locator(".window-map").is_visible()
        tab.get_by_label("Stride").fill("3")
        assert tab.locator(".window-map").is_visible()
        assert facts(tab)["windows"] == 7


def test_a_text_without_a_window_is_told(show):
    with show() as (tab, _):
        tab.get_by_label("Text", exact=True).fill("a b c")
        counts = tab.locator("llm-window .counts").inner_text()
        assert "length + 1 = 5 tokens" in counts
        tab.get_by_label("Text", exact=True).fill("")
        assert facts(tab)["windows"] == 0


def test_a_long_text_is_shown_in_part_and_counted_whole(show):
    with show() as (tab, visit):
        tab.get_by_label("Text", exact=True).fill("the sea " * 10_000)
        put(tab, 256, 128, 8)
        # the text ends in a space, which is a word of its own
        assert facts(tab)["windows"] == count_windows(20_001, 256, 128)
        assert "first 80 tokens" in tab.locator("llm-window").inner_text()
        assert tab.locator(".window-map rect.times").count() == 80
        assert visit.errors == []


TASKS = [(0, (4, 2, 2), (4, 4, 2)), (0, (7, 7, 2), (3, 3, 2))]
TASKS += [(2, (4, 2, 2), (4, 2, 4))]


@pytest.mark.parametrize(("n", "wrong", "right"), TASKS)
def test_tasks_of_a_state_are_checked(show, n, wrong, right):
    with show() as (tab, _):
        task = tab.locator(".widget-tasks .task").nth(n)
        for sizes, verdict in ((wrong, "Not yet."), (right, "Right.")):
            put(tab, *sizes)
            task.get_by_role("button").click()
            assert verdict in task.locator(".task-said").inner_text()


def test_the_task_of_a_number_is_checked_with_the_librarys(show):
    wanted = count_windows(10_000, 256, 128)
    with show() as (tab, _):
        task = tab.locator(".widget-tasks .task").nth(1)
        for number in (wanted - 1, wanted):
            task.get_by_role("textbox").fill(str(number))
            task.get_by_role("textbox").press("Enter")
            verdict = "Right." if number == wanted else "Not yet."
            assert verdict in task.locator(".task-said").inner_text()


# --- for everyone ----------------------------------------------------------


@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_before_and_after_use(show, width):
    with show(width=width) as (tab, visit):
        tab.locator(".window-map svg").wait_for()
        assert in_both_themes(tab) == []
        visit.errors.clear()  # axe asks for style sheets that are not there
        tab.get_by_role("button", name="Stories vocabulary").click()
        tab.get_by_role("button", name="Use whole words").wait_for()
        put(tab, 6, 8)
        tab.get_by_role("button", name="Next", exact=True).click()
        tab.locator(".widget-tasks button").first.click()
        assert visit.errors == []
        tab.evaluate("scrollTo(0, 0)")  # no button is under the page's bar
        assert in_both_themes(tab) == []


def test_text_and_targets_are_large_enough(show):
    with show(width=390) as (tab, visit):
        tab.locator(".window-map svg").wait_for()
        sizes = tab.evaluate(
            """() => [...document.querySelectorAll(
              "llm-window :is(text, small, td, th, dd, label, button)")]
              .map(e => parseFloat(getComputedStyle(e).fontSize))"""
        )
        assert min(sizes) >= 12
        small = tab.evaluate(
            """() => [...document.querySelectorAll(
              "llm-window :is(button, input, select, textarea)")]
              .map(e => e.getBoundingClientRect())
              .filter(r => r.width < 20 || r.height < 20).length"""
        )
        assert small == 0
        own = [p for p in visit.weight if p.startswith("_static/elements/")]
        assert sum(visit.weight[path] for path in own) <= SCRIPT_LIMIT


def test_without_scripts_the_static_part_is_there(show):
    with show(scripts=False) as (tab, visit):
        assert visit.errors == []
        static = tab.locator("llm-window .widget-static")
        assert static.is_visible()
        assert "11 windows" in static.inner_text()
        assert static.locator(".task").count() == 3


def test_numbers_of_the_static_part_are_true():
    story = STORY.read_text("utf-8")
    n = len(WORDS)
    assert f"has {n} tokens" in story
    for stride in (4, 2):
        n_windows = count_windows(n, 4, stride)
        assert f"⌈({n} − 4) / {stride}⌉ = {n_windows} windows" in story
    rows = re.findall(r"^  \| (\d+) \| (.*) \| (.*) \|$", story, re.M)
    assert len(rows) == 3
    inputs, targets = sliding_windows(range(n), 4, 4)
    for i, x, y in rows:
        assert x == " ".join(f"`{WORDS[k]}`" for k in inputs[int(i)])
        assert y == " ".join(f"`{WORDS[k]}`" for k in targets[int(i)])
    _, times = library(n, 4, 4)
    assert times == [0] + [1] * (n - 1), "each a target exactly once"
