"""The learning elements in a browser: by mouse, by keys alone, without
scripts, in print; what the reader did is kept, taken along, and sent nowhere.
"""

import gzip
import json
import re
from contextlib import contextmanager

import pytest
from visiting import ROOT, in_both_themes, opened, settle

pytestmark = pytest.mark.browser

LIMIT = 20_000  # bytes of our own scripts on a chapter's first load


@pytest.fixture
def visit(browser, story):
    """Opens a story page; afterwards nothing may have gone wrong."""

    @contextmanager
    def open_story(name, **how):
        base, _, page = story(name).rpartition("/")
        with opened(browser, base + "/", page, **how) as (tab, seen):
            if how.get("scripts", True):
                tab.locator("llm-progress.live").wait_for()
            yield tab
            assert seen.outside == []
            assert seen.broken == []
            assert seen.errors == []

    return open_story


def button(place, name):
    return place.get_by_role("button", name=name)


def words(place):
    """The text of an element, its white space as single spaces."""
    return " ".join(place.inner_text().split())


def spoken(tab, words):
    """Wait until the live region says `words`."""
    tab.locator(".announcer").filter(has_text=words).wait_for(state="attached")


def focused(tab):
    return tab.evaluate("document.activeElement.textContent.trim()")


def reload(tab):
    tab.reload(wait_until="networkidle")
    tab.locator("llm-progress.live").wait_for()
    settle(tab)


# --- quiz ------------------------------------------------------------------


def test_quiz_gives_the_reason_of_the_choice_then_of_all(visit):
    with visit("quiz") as tab:
        quiz = tab.locator("llm-quiz").nth(0)
        quiz.get_by_label("A 1").check()
        button(quiz, "Check").click()
        reasons = quiz.locator(".reason:visible")
        assert [words(r) for r in reasons.all()] == [
            "No. Only ASCII takes one."
        ]
        spoken(tab, "No. Only ASCII takes one.")
        quiz.get_by_label("B 2").check()
        button(quiz, "Check").click()
        said = [words(reason) for reason in reasons.all()]
        assert [text.split(".")[0] for text in said] == ["No", "Right", "No"]
        assert "take two" in said[1]
        assert reasons.nth(1).locator(".katex").count() == 1
        assert "1 of 4 questions" in words(quiz.locator(".tally"))


def test_quiz_wants_a_choice_first(visit):
    with visit("quiz") as tab:
        quiz = tab.locator("llm-quiz").nth(0)
        button(quiz, "Check").click()
        assert words(quiz.locator(".said")) == "Choose an option first."
        assert "0 of 4" in words(quiz.locator(".tally"))


def test_quiz_by_keys_alone(visit):
    with visit("quiz") as tab:
        quiz = tab.locator("llm-quiz").nth(0)
        quiz.get_by_label("A 1").focus()
        tab.keyboard.press("ArrowDown")
        tab.keyboard.press("Enter")
        spoken(tab, "Right. Code points from 128")
        tab.keyboard.press("Tab")
        assert focused(tab) == "Check"
        tab.keyboard.press("Tab")
        assert focused(tab) == "Try again"
        tab.keyboard.press("Enter")
        assert quiz.locator("input:checked").count() == 0
        assert quiz.locator(".reason:visible").count() == 0
        assert tab.evaluate("document.activeElement.value") == "0"


def test_quiz_with_several_right_options(visit):
    with visit("quiz") as tab:
        quiz = tab.locator("llm-quiz").nth(1)
        quiz.get_by_label("byte-level").check()
        quiz.get_by_label("lower-casing").check()
        button(quiz, "Check").click()
        said = words(quiz.locator(".said"))
        assert "1 of your choices is not right" in said
        assert "1 right option is missing" in said
        assert quiz.locator(".reason:visible").count() == 2
        quiz.get_by_label("byte-level").uncheck()
        quiz.get_by_label("splitting").check()
        button(quiz, "Check").click()
        assert "These and no others" in words(quiz.locator(".said"))
        assert quiz.locator(".reason:visible").count() == 3


NUMBERS = {
    "": "Write a number first",
    "many": "“many” is no number",
    "-1": "No. Add up the three kinds",
    "50001": "No. The bytes are entries too",
    "50256": "No. That is the last id",
    "50257": "Right. 256",
    "50,257": "Right. 256",
    "50 257.0": "Right. 256",
}


def test_quiz_for_a_number_knows_typical_slips(visit):
    with visit("quiz") as tab:
        quiz = tab.locator("llm-quiz").nth(2)
        for number, said in NUMBERS.items():
            quiz.get_by_label("Your number").fill(number)
            tab.keyboard.press("Enter")
            assert words(quiz.locator(".said")).startswith(said)


def test_quiz_for_a_number_has_a_tolerance(visit):
    with visit("quiz") as tab:
        quiz = tab.locator("llm-quiz").nth(3)
        verdicts = {"0.69": "Right.", "0.7": "No.", "0,698": "Right."}
        for number, verdict in {**verdicts, "0": "No."}.items():
            quiz.get_by_label("Your number").fill(number)
            button(quiz, "Check").click()
            assert words(quiz.locator(".said")).startswith(verdict)


def test_quiz_shows_the_answer_on_request_and_counts_it_as_done(visit):
    with visit("quiz") as tab:
        quiz = tab.locator("llm-quiz").nth(2)
        assert not button(quiz, "Show the answer").is_visible()
        quiz.get_by_label("Your number").fill("3")
        button(quiz, "Check").click()
        button(quiz, "Show the answer").click()
        assert "It is 50257." in words(quiz.locator(".said"))
        assert focused(tab) == "Try again"
        assert "1 of 4" in words(quiz.locator(".tally"))


def test_quiz_remembers_after_a_reload(visit):
    with visit("quiz") as tab:
        quiz = tab.locator("llm-quiz")
        quiz.nth(0).get_by_label("C 3").check()
        button(quiz.nth(0), "Check").click()
        quiz.nth(3).get_by_label("Your number").fill("0.69")
        button(quiz.nth(3), "Check").click()
        reload(tab)
        assert quiz.nth(0).get_by_label("C 3").is_checked()
        assert quiz.nth(0).locator(".reason:visible").count() == 1
        assert quiz.nth(3).get_by_label("Your number").input_value() == "0.69"
        assert "Right." in words(quiz.nth(3).locator(".said"))
        assert "1 of 4" in words(quiz.nth(1).locator(".tally"))


# --- predict ---------------------------------------------------------------


def output(tab, text):
    return tab.locator(".cell_output").filter(has_text=text)


def test_predict_unfolds_the_next_output_beside_what_was_written(visit):
    with visit("predict") as tab:
        ask = tab.locator("llm-predict").nth(0)
        assert not output(tab, "8").is_visible()
        assert not ask.get_by_text("Eight").is_visible()
        ask.get_by_role("textbox").fill("4, one each")
        button(ask, "Record my prediction").click()
        assert output(tab, "8").is_visible()
        beside = tab.get_by_role("group", name="Your prediction").first
        said = words(beside)
        assert said.startswith("You wrote: 4, one each. Compare.")
        assert "Eight, two for each letter." in said
        below = output(tab, "8").bounding_box()
        assert beside.bounding_box()["y"] >= below["y"] + below["height"]
        spoken(tab, "The output is shown. You wrote: 4, one each")
        assert tab.evaluate("document.activeElement.className") == "compare"


def test_predict_by_keys_alone(visit):
    with visit("predict") as tab:
        ask = tab.locator("llm-predict").nth(1)
        ask.get_by_role("radio").first.focus()
        tab.keyboard.press("ArrowDown")
        tab.keyboard.press("Tab")
        assert focused(tab) == "Record my prediction"
        tab.keyboard.press("Enter")
        assert output(tab, "the same").is_visible()
        assert "You wrote: both are the same" in words(ask)
        assert focused(tab).startswith("You wrote")


def test_predict_hides_its_own_output_only(visit):
    with visit("predict") as tab:
        assert not output(tab, "the same").is_visible()
        assert output(tab, "free").is_visible()
        button(tab.locator("llm-predict").nth(0), "Show without").click()
        assert output(tab, "8").is_visible()
        assert not output(tab, "the same").is_visible()


def test_predict_wants_words(visit):
    with visit("predict") as tab:
        ask = tab.locator("llm-predict")
        button(ask.nth(0), "Record").click()
        assert "Write your prediction first." in words(ask.nth(0))
        button(ask.nth(1), "Record").click()
        assert "Choose one first." in words(ask.nth(1))
        assert not output(tab, "8").is_visible()


def test_predict_without_a_cell_unfolds_its_answer(visit):
    with visit("predict") as tab:
        ask = tab.locator("llm-predict").nth(2)
        button(ask, "Show without answering").click()
        assert "You looked without a prediction." in words(ask)
        assert "Another token." in words(ask)
        assert output(tab, "free").is_visible()


def test_predict_remembers_and_can_be_done_again(visit):
    with visit("predict") as tab:
        ask = tab.locator("llm-predict").nth(0)
        ask.get_by_role("textbox").fill("<b>four</b>")
        button(ask, "Record").click()
        reload(tab)
        assert output(tab, "8").is_visible()
        assert "You wrote: <b>four</b>" in words(ask)
        button(ask, "Predict again").click()
        assert not output(tab, "8").is_visible()
        assert tab.evaluate("document.activeElement.tagName") == "TEXTAREA"
        reload(tab)
        assert not output(tab, "8").is_visible()


# --- parsons ---------------------------------------------------------------

ATTEND = ["def attend", "attn_scores = q", "mask =", "masked_fill(mask, -"]
ATTEND += ["softmax", "return"]
EXTRA = "attn_weights = attn_weights.masked_fill(mask, 0)"


def lines(tab, n=0):
    return tab.locator("llm-parsons").nth(n).locator(".parsons-live li")


def code_of(row):
    return row.locator("code").inner_text().strip()


def arrange(tab, wanted, n=0):
    """Bring the lines that contain `wanted` to the top, by buttons."""
    for place, part in enumerate(wanted):
        texts = [code_of(row) for row in lines(tab, n).all()]
        now = next(i for i, t in enumerate(texts) if part in t and i >= place)
        for i in range(now, place, -1):
            button(lines(tab, n).nth(i), "Move up").click()


def verdict(tab, n=0):
    parsons = tab.locator("llm-parsons").nth(n)
    parsons.get_by_role("button", name="Check", exact=True).click()
    return words(parsons.locator(".said"))


def test_parsons_by_mouse(visit):
    with visit("parsons") as tab:
        arrange(tab, ATTEND)
        assert f"{EXTRA} does not belong" in verdict(tab)
        button(tab, f"Leave out: {EXTRA}").click()
        said = verdict(tab)
        assert said.startswith("Right.")
        assert "already in the denominator" in said


def test_a_button_that_would_do_nothing_looks_so(visit):
    colour = "button => getComputedStyle(button).color"
    with visit("parsons") as tab:
        ends = lines(tab, 0).locator("[aria-disabled=true]")
        live = lines(tab, 0).locator("button:not([aria-disabled=true])")
        assert ends.count() == 2
        assert ends.first.evaluate(colour) == ends.last.evaluate(colour)
        assert ends.first.evaluate(colour) != live.first.evaluate(colour)


def test_parsons_takes_every_order_that_works(visit):
    mask_first = [ATTEND[0], ATTEND[2], ATTEND[1], *ATTEND[3:]]
    with visit("parsons") as tab:
        button(tab, f"Leave out: {EXTRA}").click()
        arrange(tab, mask_first)
        assert verdict(tab).startswith("Right.")


def test_parsons_names_the_first_line_in_a_wrong_place(visit):
    late = [ATTEND[0], ATTEND[1], ATTEND[3], ATTEND[2], *ATTEND[4:]]
    with visit("parsons") as tab:
        button(tab, f"Leave out: {EXTRA}").click()
        arrange(tab, late)
        said = verdict(tab)
        assert "first line in a wrong place is attn_scores = attn_scores." in (
            said
        )
        marked = lines(tab).filter(has=tab.locator("code")).nth(2)
        assert "misplaced" in marked.get_attribute("class")
        assert tab.locator(".misplaced").count() == 1


def test_parsons_tells_what_is_missing(visit):
    with visit("parsons") as tab:
        arrange(tab, ATTEND)
        for name in (EXTRA, "return", "attn_weights = attn_scores.softmax"):
            button(tab, f"Leave out: {name}").first.click()
        assert "2 lines that belong are left out" in verdict(tab)


def test_parsons_lets_equal_lines_change_places(visit):
    with visit("parsons") as tab:
        arrange(tab, ["x = 5", "x = 2", "x = 2", "print"], n=1)
        assert verdict(tab, 1).startswith("Right.")
        button(lines(tab, 1).nth(1), "Move down").click()
        assert verdict(tab, 1).startswith("Right.")
        button(lines(tab, 1).nth(2), "Move down").click()
        assert "print(x)" in verdict(tab, 1)


def test_parsons_by_keys_alone(visit):
    with visit("parsons") as tab:
        button(lines(tab).nth(0), "Move up").focus()
        for place, part in enumerate(ATTEND):
            texts = [code_of(row) for row in lines(tab).all()]
            now = next(i for i, text in enumerate(texts) if part in text)
            for _ in range(now - place):
                tab.keyboard.press("ArrowDown")
            for _ in range(now - place):
                tab.keyboard.press("Alt+ArrowUp")
            if now > place:
                spoken(tab, f"Now line {place + 1} of 7")
            tab.keyboard.press("ArrowDown")
        assert EXTRA in code_of(lines(tab).nth(6))
        tab.keyboard.press("Delete")
        spoken(tab, f"Left out: {EXTRA}")
        for name in ("Move down", "Put back", "Check"):
            tab.keyboard.press("Tab")
            label = "document.activeElement.ariaLabel"
            shown = tab.evaluate(f"{label} ?? ''") or focused(tab)
            assert shown.startswith(name)
        tab.keyboard.press("Enter")
        spoken(tab, "Right. Every line stands after those it needs.")


def test_parsons_keeps_focus_and_indentation(visit):
    with visit("parsons") as tab:
        first = lines(tab).nth(0).locator("code").text_content()
        down = button(lines(tab).nth(0), "Move down")
        down.click()
        assert lines(tab).nth(1).locator("code").text_content() == first
        held = lines(tab).nth(1).locator("[data-does=down]")
        assert held.evaluate("b => b === document.activeElement")
        starts = [
            len(t) - len(t.lstrip())
            for t in lines(tab).locator("code").all_text_contents()
        ]
        assert sorted(starts) == [0, 4, 4, 4, 4, 4, 4]


def test_parsons_remembers_and_starts_again(visit):
    with visit("parsons") as tab:
        before = lines(tab).locator("code").all_text_contents()
        button(lines(tab).nth(0), "Move down").click()
        button(lines(tab).nth(3), "Leave out").click()
        moved = lines(tab).locator("code").all_text_contents()
        reload(tab)
        assert lines(tab).locator("code").all_text_contents() == moved
        assert tab.locator("li.off").count() == 1
        button(tab.locator("llm-parsons").nth(0), "Start again").click()
        assert lines(tab).locator("code").all_text_contents() == before
        assert tab.locator("li.off").count() == 0


# --- progress --------------------------------------------------------------


def table(tab):
    """The rows of the box's table: {first cell: the others}."""
    box = tab.locator("llm-progress")
    if not box.locator("table").is_visible():
        box.locator("summary").click()
    box.locator("table").wait_for()
    rows = box.locator("tbody tr, tfoot tr").all()
    cells = [row.locator("th, td").all_inner_texts() for row in rows]
    return {first: rest for first, *rest in cells}


def answer(tab):
    quiz = tab.locator("llm-quiz")
    quiz.get_by_label("A in this browser").check()
    button(quiz, "Check").click()


def test_progress_counts_and_tells_the_time_left(visit):
    with visit("progress") as tab:
        assert "questions 0 of 1" in words(tab.locator("llm-progress"))
        row = table(tab)["Story: progress"]
        assert row == ["no", "0 of 1", "–", "–", "–", "5 h"]
        answer(tab)
        assert "questions 1 of 1" in words(tab.locator("llm-progress"))
        row = table(tab)["Story: progress"]
        assert row == ["no", "1 of 1", "–", "–", "–", "3 h"]
        button(tab, "I have read this page").click()
        assert table(tab)["Story: progress"][0] == "yes"
        reload(tab)
        assert table(tab)["Story: progress"][0] == "yes"
        button(tab, "I have read this page").click()
        assert table(tab)["Story: progress"][0] == "no"


def test_progress_adds_up_the_book(visit):
    with visit("progress") as tab:
        answer(tab)
        rows = table(tab)
        for column in (1, 2):
            pairs = [
                [int(n) for n in row[column].split(" of ")]
                for name, row in rows.items()
                if name != "All" and row[column] != "–"
            ]
            done, of = (sum(pair) for pair in zip(*pairs, strict=True))
            assert rows["All"][column] == f"{done} of {of}"
        assert rows["Story: predictions"][-1] == "2½ h"


def test_progress_links_to_each_chapter(visit):
    with visit("progress") as tab:
        table(tab)
        tab.get_by_role("link", name="Story: questions").last.click()
        tab.wait_for_url("**/quiz.html")


def test_reaching_the_end_after_a_minute_counts_as_read(visit):
    def slow(context):
        context.clock.install()

    with visit("quiz", prepare=slow) as tab:
        read = button(tab, "I have read this page")
        tab.clock.run_for(61_000)  # on the page, but not at its end
        assert read.get_attribute("aria-pressed") == "false"
        tab.locator("llm-progress summary").scroll_into_view_if_needed()
        for _ in range(20):
            tab.clock.run_for(100)
            if read.get_attribute("aria-pressed") == "true":
                break
        assert read.get_attribute("aria-pressed") == "true"


def test_the_end_within_a_minute_does_not(visit):
    def slow(context):
        context.clock.install()

    with visit("quiz", prepare=slow) as tab:
        read = button(tab, "I have read this page")
        tab.locator("llm-progress summary").scroll_into_view_if_needed()
        tab.clock.run_for(50_000)
        assert read.get_attribute("aria-pressed") == "false"


def choose(tab, path):
    with tab.expect_file_chooser() as chooser:
        button(tab, "Load a file").click()
    chooser.value.set_files(path)


RESULTS = {
    "format": "scratchlm-exercises",
    "version": 1,
    "assignments": {"progress": {"9.1": [4, 4], "9.2": [3, 6]}},
}


def test_progress_loads_what_check_wrote(visit, tmp_path):
    path = tmp_path / "progress.json"
    path.write_text(json.dumps(RESULTS))
    with visit("progress") as tab:
        table(tab)
        choose(tab, path)
        spoken(tab, "Loaded results of progress.")
        row = table(tab)["Story: progress"]
        assert row[4:] == ["1 of 2", "3½ h"]


def test_progress_is_taken_along_in_a_file(visit, tmp_path):
    path = tmp_path / "taken.json"
    with visit("progress") as tab:
        answer(tab)
        button(tab, "I have read this page").click()
        before = table(tab)
        with tab.expect_download() as download:
            button(tab, "Export").click()
        assert download.value.suggested_filename == "scratchlm-progress.json"
        download.value.save_as(path)
    with visit("progress") as tab:  # another browser profile
        assert table(tab) != before
        choose(tab, path)
        spoken(tab, "they replace what was here")
        assert table(tab) == before
        assert tab.get_by_label("A in this browser").is_checked()
        assert tab.locator(".reason:visible").count() == 2


OTHER_FILES = ["", "{", "[]", "null", '{"format": "other"}']
OTHER_FILES += ['{"format": "scratchlm-reader", "saved": []}']
OTHER_FILES += ['{"format": "scratchlm-exercises"}']


def test_progress_refuses_another_file(visit, tmp_path):
    with visit("progress") as tab:
        answer(tab)
        before = table(tab)
        said = tab.locator("llm-progress .said")
        for n, text in enumerate(OTHER_FILES):
            path = tmp_path / f"wrong-{n}.json"
            path.write_text(text)
            said.evaluate("p => { p.textContent = ''; }")
            choose(tab, path)
            said.filter(has_text=re.compile("no JSON|neither")).wait_for()
            assert table(tab) == before


def test_a_strange_export_breaks_no_page(visit, tmp_path):
    with visit("quiz") as tab:
        ids = tab.evaluate(
            "[...document.querySelectorAll('llm-quiz')].map(q => q.id)"
        )
        saved = {f"quiz/{id}": {"given": {"no": 1}} for id in ids}
        saved["other/key"] = 1
        path = tmp_path / "strange.json"
        path.write_text(
            json.dumps({"format": "scratchlm-reader", "saved": saved})
        )
        table(tab)
        choose(tab, path)
        spoken(tab, "Loaded 4 entries")
        reload(tab)
        assert tab.evaluate("localStorage.length") == 4 + tab.evaluate(
            "Object.keys(localStorage)"
            ".filter(k => !k.startsWith('scratchlm/')).length"
        )


def test_progress_is_removed_only_when_sure(visit):
    with visit("progress") as tab:
        answer(tab)
        table(tab)
        button(tab, "Reset").click()
        assert focused(tab) == "Keep"
        tab.keyboard.press("Enter")
        assert table(tab)["Story: progress"][1] == "1 of 1"
        assert focused(tab) == "Reset"
        button(tab, "Reset").click()
        with tab.expect_file_chooser():
            button(tab, "Load a file").click()
        assert not button(tab, "Remove").is_visible(), "no old question"
        button(tab, "Reset").click()
        button(tab, "Remove").click()
        assert table(tab)["Story: progress"][1] == "0 of 1"
        assert tab.locator("llm-quiz input:checked").count() == 0
        reload(tab)
        assert "questions 0 of 1" in words(tab.locator("llm-progress"))


# --- tasks of a widget -----------------------------------------------------

MAKE_TASKS = """
async list => {
  const {tasks} = await import("./_static/elements/tasks.js");
  const widget = document.createElement("div");
  widget.id = "trial";
  widget.className = "widget";
  document.querySelector("article section").append(widget);
  widget.facts = {layer: 2};
  tasks(widget, list);
}
"""
TASKS = [
    {"ask": "How many?", "answer": 12, "tolerance": 1, "why": "A dozen."},
    {"ask": "Which?", "answer": ["the", "a"], "why": "Both.", "hint": "Look."},
    {"ask": "At least 20?", "answer": {"min": 20}, "why": "Enough."},
    {"ask": "Set it.", "check": "layer", "value": 3, "why": "Three."},
]


def test_tasks_are_checked_and_kept(visit):
    with visit("quiz") as tab:
        tab.evaluate(MAKE_TASKS, TASKS)
        rows = tab.locator("#trial .task")
        tries = [("11", "Right. A dozen."), ("10", "Not yet.")]
        tries += [("1e1", "Not yet."), ("13.0", "Right. A dozen.")]
        for text, said in tries:
            rows.nth(0).get_by_role("textbox").fill(text)
            tab.keyboard.press("Enter")
            shown = words(rows.nth(0).locator(".task-said"))
            assert shown == said
        for text, said in [
            ("an", "Not yet. Look."),
            (" The ", "Right. Both."),
        ]:
            rows.nth(1).get_by_role("textbox").fill(text)
            button(rows.nth(1), "Check").click()
            assert words(rows.nth(1).locator(".task-said")) == said
        rows.nth(2).get_by_role("textbox").fill("19")
        tab.keyboard.press("Enter")
        assert "Not yet." in words(rows.nth(2))
        state = button(rows.nth(3), "Check this state")
        state.click()
        assert "Not yet." in words(rows.nth(3))
        tab.evaluate("document.querySelector('#trial').facts.layer = 3")
        state.click()
        spoken(tab, "Right. Three.")
        reload(tab)
        tab.evaluate(MAKE_TASKS, TASKS)
        assert rows.nth(0).get_by_role("textbox").input_value() == "13.0"
        assert "Right. Three." in words(rows.nth(3))


# --- for every reader ------------------------------------------------------

STORIES = ["quiz", "predict", "parsons", "progress"]


def use(tab):
    """Do something with every element of the page."""
    for quiz in tab.locator("llm-quiz").all():
        if quiz.locator("input.number").count():
            quiz.locator("input.number").fill("50256")
        else:
            quiz.locator("input").nth(0).check()
        button(quiz, "Check").click()
    for ask in tab.locator("llm-predict").all():
        if ask.locator("textarea").count():
            ask.locator("textarea").fill("four")
        else:
            ask.locator("input").nth(0).check()
        button(ask, "Record").click()
    for parsons in tab.locator("llm-parsons").all():
        button(parsons, "Leave out").first.click()
        parsons.get_by_role("button", name="Check", exact=True).click()
    if button(tab, "I have read").count():
        button(tab, "I have read").click()
    table(tab)
    button(tab, "Reset").click()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", STORIES)
def test_elements_are_accessible_before_and_after_use(
    browser, story, name, width
):
    base, _, page = story(name).rpartition("/")
    with opened(browser, base + "/", page, width) as (tab, seen):
        tab.locator("llm-progress.live").wait_for()
        assert in_both_themes(tab) == []
        seen.errors.clear()  # axe asks for style sheets on its own account
        use(tab)
        assert seen.errors == []
        tab.evaluate("scrollTo(0, 0)")  # where the header covers nothing
        assert in_both_themes(tab) == []


@pytest.mark.parametrize("name", STORIES)
def test_targets_are_large_enough_and_focus_is_seen(visit, name):
    with visit(name, width=390) as tab:
        use(tab)
        for place in tab.locator(
            "article :is(button, summary, label.choice, textarea, "
            "input.number):visible"
        ).all():
            box = place.bounding_box()
            assert min(box["width"], box["height"]) >= 24
        places = tab.locator("llm-progress button:visible, article button")
        places.first.focus()
        tab.keyboard.press("Tab")
        width = tab.evaluate(
            "getComputedStyle(document.activeElement).outlineWidth"
        )
        assert width == "3px"


@pytest.mark.parametrize("name", STORIES)
def test_nothing_moves_under_reduced_motion(visit, name):
    with visit(name, motion="reduce") as tab:
        use(tab)
        assert tab.evaluate("document.getAnimations().length") == 0


REFUSED = """
Object.defineProperty(window, "localStorage", {get() {
  throw new DOMException("refused", "SecurityError");
}});
"""
FULL = """
Storage.prototype.setItem = () => {
  throw new DOMException("full", "QuotaExceededError");
};
"""


@pytest.mark.parametrize("script", [REFUSED, FULL], ids=["refused", "full"])
def test_without_storage_all_works_until_the_page_closes(
    browser, story, script
):
    def prepare(context):
        context.add_init_script(script)

    base, _, page = story("quiz").rpartition("/")
    # the theme asks the storage too, without a guard: its errors are not ours
    with opened(browser, base + "/", page, prepare=prepare) as (tab, _):
        quiz = tab.locator("llm-quiz").nth(0)
        quiz.get_by_label("B 2").check()
        button(quiz, "Check").click()
        assert "1 of 4" in words(quiz.locator(".tally"))
        assert "questions 1 of 4" in words(tab.locator("llm-progress"))
        assert table(tab)["Story: questions"][1] == "1 of 4"
        button(tab, "Reset").click()
        button(tab, "Remove").click()
        assert "0 of 4" in words(quiz.locator(".tally"))


@pytest.mark.parametrize("name", STORIES)
def test_without_scripts_everything_can_be_read(visit, name):
    with visit(name, scripts=False) as tab:
        article = tab.locator("article")
        assert button(article, "Check").count() == 0
        folds = article.locator("details.option, details.fold").all()
        for fold in folds:
            fold.locator("summary").first.click()
        text = words(article)
        for said in {
            "quiz": ["Only ASCII", "50257 ids", "If you found 50256", "nats"],
            "predict": ["Eight, two", "8", "the same", "Another token."],
            "parsons": ["does not belong", "return attn_weights"],
            "progress": ["1 question", "Kept in this browser only"],
        }[name]:
            assert said in text
        assert output(tab, "free").count() == (name == "predict")


@pytest.mark.parametrize("name", STORIES)
def test_print_shows_the_static_twin(visit, name):
    with visit(name) as tab:
        if name == "predict":  # one is left as it was
            button(tab.locator("llm-predict").nth(0), "Show without").click()
        tab.emulate_media(media="print")
        assert tab.locator("article button:visible").count() == 0
        assert tab.locator("article :is(input, textarea):visible").count() == 0
        for shown in tab.locator(
            "llm-quiz > details, .cell_output, .parsons-lines, "
            "llm-parsons > details, llm-predict > details"
        ).all():
            assert shown.is_visible()
        assert not tab.locator("llm-progress").is_visible()


# --- in the book -----------------------------------------------------------


def test_chapter_one_is_live(browser, address):
    with opened(browser, address, "01-tokenization.html") as (tab, seen):
        asks = tab.locator("llm-predict")
        assert asks.count() == tab.locator(".waiting").count() >= 4
        for quiz in tab.locator("llm-quiz").all():
            quiz.locator("input").nth(0).check()
            button(quiz, "Check").click()
            assert quiz.locator(".verdict").first.is_visible()
        right = tab.evaluate(
            "document.querySelector('llm-parsons').know.after"
        )
        assert right.count(None) == 1
        assert [2] in right
        row = table(tab)["Tokenization: from text to numbers"]
        assert row[1].endswith(f" of {tab.locator('llm-quiz').count()}")
        assert row[-1].endswith(" h")
        assert seen.errors == []


def test_our_scripts_of_a_chapter_are_light(browser, address):
    with opened(browser, address, "01-tokenization.html") as (_, seen):
        own = {
            path: size
            for path, size in seen.weight.items()
            if "/elements/" in path or "course.js" in path
        }
        assert len(own) >= 4
        assert sum(own.values()) <= LIMIT, own


def test_every_page_has_the_box(site):
    toc = (ROOT / "book" / "_toc.yml").read_text(encoding="utf-8")
    names = re.findall(r"(?:file|root): (\S+)", toc)
    assert len(names) > 3
    for name in names:
        text = (site / f"{name}.html").read_text(encoding="utf-8")
        assert text.count("<llm-progress ") == 1
    listed = json.loads((site / "_static" / "progress.json").read_text())
    assert "01-tokenization" in [c["page"] for c in listed["chapters"]]


def test_modules_are_small_files(site):
    for path in (site / "_static" / "elements").glob("llm-*.js"):
        assert len(gzip.compress(path.read_bytes())) < 8_000
