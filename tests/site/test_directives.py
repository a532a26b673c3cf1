"""Each directive: what it writes, and which mistakes it refuses, where."""

import io
import json
import re

import pytest
from scratchbook import blocks, bodies, parsons, progress
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

# without what only writes files beside the pages
PARTS = ("html", "directives", "widgets", "progress", "mathematics", "site")
SETTINGS = {
    "extensions": ["myst_nb", *[f"scratchbook.{name}" for name in PARTS]],
    "html_theme": "basic",
    "html_math_renderer": "katex",
    "myst_enable_extensions": ["colon_fence", "dollarmath", "smartquotes"],
    "nb_execution_mode": "off",
}


@pytest.fixture
def render(tmp_path):
    """Builds one page; gives its HTML, the warnings, and the counts."""

    def page(text):
        (tmp_path / "index.md").write_text(f"# Page\n\n{text}\n", "utf-8")
        warnings = io.StringIO()
        with patch_docutils(), docutils_namespace():
            app = Sphinx(
                *[str(tmp_path), None, str(tmp_path / "out")],
                *[str(tmp_path / "trees"), "html"],
                confoverrides=dict(SETTINGS),
                status=None,
                warning=warnings,
                freshenv=True,
            )
            app.build()
        html = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
        body = html.split('role="main"')[1].split('class="sphinxsidebar')[0]
        plain = re.sub(r"\x1b\[[0-9;]*m", "", warnings.getvalue())
        return body, plain, blocks.counts(app.env, "index")

    return page


QUIZ = """
```{quiz}
question: How many bytes does `ї` take? It is $2$.
options:
  - text: "`1`"
    why: Only ASCII takes one.
  - text: "2"
    right: true
    why: Code points from 128 to 2047 take *two*.
```
"""
PARSONS = """
```{parsons}
question: Put the lines in order.
lines:
  - code: "def double(x):"
  - code: "    y = 2 * x"
  - code: "    y = x ** 2"
    distractor: true
    why: That *squares*.
  - code: "    return y"
```
"""


MULTIPLE = """
```{quiz}
kind: multiple
question: Which are even?
options:
  - text: two
    right: true
    why: Twice *one*.
  - text: three
    why: One is left.
  - text: four
    right: true
    why: Twice two.
```
"""
NUMERIC = """
```{quiz}
kind: numeric
question: How many ids are there?
answer: 257
tolerance: 0.5
unit: ids
why: The bytes and *one* more.
reasons:
  - value: 256
    why: One is missing.
otherwise: Count again.
```
"""
WIDGET = """
```{widget} llm-window
title: Windows over a `text`
static: |
  With length 4 there are *three*.
config:
  text: the sea
  line: 3
  inner: [{line: 1}]
tasks:
  - ask: How many are there?
    answer: 6
    tolerance: 0
    why: Every start has one.
    hint: Count the starts.
  - ask: Bring two apart.
    check: overlap
    value: {min: 1, max: 3}
    why: Done.
```
"""


def data_in(html, n=0):
    found = re.findall(r'<script type="application/json">(.*?)</script>', html)
    return json.loads(found[n])


def plain(html):
    return " ".join(re.sub(r"<script.*?</script>|<[^>]+>", " ", html).split())


# --- what they write -------------------------------------------------------


def test_quiz_options_are_closed_folds_with_a_verdict_and_a_reason(render):
    html, warnings, _ = render(QUIZ)
    assert warnings == ""
    assert html.count("<details") == html.count("<summary>") == 2
    assert "<details open" not in html
    assert html.count("No.</strong>") == html.count("Right.</strong>") == 1
    assert html.index("No.<") < html.index("Only ASCII")
    assert html.index("Right.<") < html.index("Code points from 128")
    assert data_in(html) == {"right": 1}


def test_markdown_inside_yaml_is_parsed(render):
    html, _, _ = render(QUIZ)
    assert re.search(r"<code[^>]*><span class=\"pre\">ї</span></code>", html)
    assert 'class="katex"' in html
    assert "<em>two</em>" in html


def test_quiz_is_a_group_with_a_label(render):
    html, _, _ = render(QUIZ)
    group = re.search(r"<llm-quiz [^>]*>", html)[0]
    label = re.search(r'aria-labelledby="([^"]+)"', group)[1]
    assert 'role="group"' in group
    assert re.search(rf'<p [^>]*id="{label}"[^>]*>Check</p>', html)


def test_ids_follow_the_content_and_are_unique_on_the_page(render):
    once, _, _ = render(QUIZ)
    twice, _, _ = render(f"A line before.\n{QUIZ}\n{QUIZ}")
    ids = re.findall(r'id="(quiz-[^"]+)"', twice)
    assert len(ids) == len(set(ids)) == 4
    assert re.findall(r'id="(quiz-[^"]+)"', once) == ids[:2]


def test_predict_asks_for_a_written_answer_and_folds_its_own(render):
    html, warnings, _ = render(
        "```{predict}\nquestion: Which is longer?\nanswer: The *first*.\n```"
    )
    assert warnings == ""
    assert "Write your answer down" in html
    assert html.index("<summary>Answer") < html.index("<em>first</em>")


def test_predict_without_an_answer_points_to_the_output(render):
    html, _, _ = render("```{predict}\nquestion: Which is longer?\n```")
    assert "look at the output" in html
    assert "<details" not in html


def test_parsons_shows_another_order_and_hides_the_right_one(render):
    html, warnings, _ = render(PARSONS)
    assert warnings == ""
    shown = re.findall(r"<li><code>(.*?)</code></li>", html)
    right = ["def double(x):", "    y = 2 * x", "    return y"]
    assert sorted(shown) == sorted([*right, "    y = x ** 2"])
    assert [line for line in shown if line in right] != right
    fold = html[html.index("<details") :]
    assert "<em>squares</em>" in fold
    assert "<code>y = x ** 2</code> does not belong" in fold
    assert "y = 2 * x" in re.sub(r"<[^>]+>", "", fold)


def test_parsons_order_is_the_same_in_every_build(render):
    assert render(PARSONS)[0] == render(PARSONS)[0]


def test_quiz_with_several_right_options(render):
    html, warnings, counts = render(MULTIPLE)
    assert warnings == ""
    assert data_in(html) == {"kind": "multiple", "right": [0, 2]}
    assert html.count("Right.</strong>") == 2
    assert "Choose every option that is right." in html
    assert counts == {"quiz": 1}


def test_quiz_for_a_number_folds_answer_and_reasons(render):
    html, warnings, counts = render(NUMERIC)
    assert warnings == ""
    assert data_in(html) == {
        "kind": "numeric",
        "answer": 257,
        "tolerance": 0.5,
        "unit": "ids",
        "wrong": [256],
    }
    fold = plain(html[html.index("<details") : html.index("</details>")])
    assert fold == (
        "Answer 257 ids The bytes and one more. If you found 256: "
        "One is missing. If you found another number: Count again."
    )
    assert counts == {"quiz": 1}


def test_predict_lists_its_options(render):
    html, warnings, _ = render(
        "```{predict}\nquestion: Which?\noptions:\n- '`a`'\n- both *same*\n```"
    )
    assert warnings == ""
    assert data_in(html) == {"options": 2}
    assert html.count("<li>") == 2
    assert "<em>same</em>" in html


def test_parsons_lines_need_what_the_author_says(render):
    text = PARSONS.replace(
        '  - code: "    return y"',
        '  - code: "    z = 3"\n    after: [1]\n'
        '  - code: "    return y"\n    after: [2]',
    )
    html, warnings, _ = render(text)
    assert warnings == ""
    know = data_in(html)
    assert know["after"] == [[], [0], None, [0], [1]]
    assert know["distractors"] == [2]


@pytest.mark.parametrize(
    ("after", "found"),
    [
        ({}, [[], [0], None, [0, 1]]),
        ({3: [1]}, [[], [0], None, [0]]),
        ({1: []}, [[], [], None, [0, 1]]),
        ({3: [2, 1, 2]}, [[], [0], None, [0, 1]]),
    ],
)
def test_needs_by_default_are_all_lines_above(after, found):
    got = parsons.needs(["a", "b", "x", "c"], [2], after)
    assert [n and sorted(set(n)) for n in got] == found


@pytest.mark.parametrize("number", [0, 3, 4, 5, -1])
def test_a_line_cannot_need_itself_a_distractor_or_a_later_one(number):
    with pytest.raises(bodies.Refused, match=f"after line {number};"):
        parsons.needs(["a", "b", "x", "c"], [2], {3: [number]})


def test_widget_has_a_title_a_static_twin_and_data(render):
    html, warnings, counts = render(WIDGET)
    assert warnings == ""
    widget = re.search(r"<llm-window [^>]*>", html)[0]
    label = re.search(r'aria-labelledby="([^"]+)"', widget)[1]
    assert 'class="widget"' in widget
    assert 'role="group"' in widget
    title = re.search(rf'<p class="widget-title" id="{label}">(.*?)</p>', html)
    assert plain(title[1]) == "Windows over a text"
    twin = html[html.index("widget-static") : html.index("<script")]
    assert "<em>three</em>" in twin
    said = plain(twin)
    assert "How many are there? Hint Count the starts. Answer 6" in said
    assert "Bring two apart. Answer Done." in said
    know = data_in(html)
    inner = [{"line": 1}]
    assert know["config"] == {"text": "the sea", "line": 3, "inner": inner}
    assert know["tasks"][1]["value"] == {"min": 1, "max": 3}
    assert know["tasks"][0]["answer"] == 6
    assert counts == {"widget": 1}


def test_times_of_the_card_are_shown_in_words(render):
    html, warnings, _ = render("It takes {reading-time}`120`, alone.")
    assert warnings == ""
    assert "It takes 2 hours, alone." in plain(html)


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (1, "1 minute"),
        (45, "45 minutes"),
        (60, "1 hour"),
        (90, "1½ hours"),
        (180, "3 hours"),
        (75, "75 minutes"),
    ],
)
def test_minutes_in_words(minutes, words):
    assert progress.spoken(minutes) == words


def test_the_box_is_at_the_end_and_the_list_beside_it(render, tmp_path):
    html, _, _ = render(
        f"{{reading-time}}`30`\n{QUIZ}\n{PARSONS}\n{WIDGET}\n"
        "```{predict}\nquestion: Q?\n```"
    )
    box = html[html.index("<llm-progress") :]
    assert plain(box).startswith(
        "Your progress This page has 1 question, 1 prediction, 1 ordering "
        "task and 2 tasks."
    )
    assert data_in(box) == {"page": "index", "chapter": True}
    path = tmp_path / "out" / "_static" / "progress.json"
    (chapter,) = json.loads(path.read_text("utf-8"))["chapters"]
    assert chapter["title"] == "Page"
    assert chapter["times"] == {"reading": 30}
    for kind in ("quiz", "predict", "parsons"):
        (identity,) = chapter[kind]
        assert f'id="{identity}"' in html
    first, second = chapter["task"]
    assert first.endswith("/0")
    assert f'id="{second.removesuffix("/1")}"' in html


def test_exercises_in_python_are_to_do_too(render, tmp_path):
    html, warnings, _ = render(
        "{reading-time}`30`\n\n```{widget} llm-python\ntitle: Two\n"
        "static: Words.\nconfig:\n  exercises:\n  - {ask: a}\n"
        "  - {ask: b}\n```"
    )
    assert warnings == ""
    assert "This page has 2 exercises in Python." in plain(html)
    path = tmp_path / "out" / "_static" / "progress.json"
    (chapter,) = json.loads(path.read_text("utf-8"))["chapters"]
    identity = re.search(r'<llm-python [^>]*id="([^"]+)"', html)[1]
    assert chapter["python"] == [f"{identity}/0", f"{identity}/1"]
    assert chapter["task"] == []


def test_a_page_without_questions_is_no_chapter(render, tmp_path):
    html, _, _ = render("Nothing to do here.")
    assert '"chapter": false' in html
    path = tmp_path / "out" / "_static" / "progress.json"
    assert json.loads(path.read_text("utf-8")) == {"chapters": []}


@pytest.mark.parametrize("n", range(2, 9))
def test_shuffling_never_shows_the_right_order(n):
    for start in range(40):
        lines = [f"line {start + i}" for i in range(n)]
        order = parsons.shuffled(lines, lines)
        assert sorted(order) == list(range(n))
        assert [lines[i] for i in order] != lines


def test_equal_lines_cannot_be_put_in_a_wrong_order():
    with pytest.raises(bodies.Refused, match="two that differ"):
        parsons.shuffled(["x", "x"], ["x", "x"])


@pytest.mark.parametrize(
    ("fence", "title"),
    [
        (
            ":::{misconception} You might think tokens are `words`",
            "You might think tokens are words",
        ),
        (":::{shape}", "Shape"),
        (":::{at-scale}", "At scale"),
        (":::{at-scale} GPT-2", "At scale: GPT-2"),
    ],
)
def test_callout_has_its_word_and_a_markdown_body(render, fence, title):
    html, warnings, _ = render(f"{fence}\nBody with *emphasis*.\n:::")
    assert warnings == ""
    label = re.search(r'<p class="callout-title"[^>]*>(.*?)</p>', html)[1]
    assert re.sub(r"<[^>]+>", "", label) == title
    assert "<em>emphasis</em>" in html
    assert 'role="note"' in html


def test_reveal_is_a_closed_fold(render):
    html, warnings, _ = render(
        ":::{reveal} Hint 1: the idea\n```python\nx = 1\n```\n:::"
    )
    assert warnings == ""
    assert re.search(r"<details class=[^>]*><summary>Hint 1: the idea", html)
    assert "highlight-python" in html


def test_directives_nest(render):
    _, warnings, counts = render(
        f":::::{{reveal}} More\n{QUIZ}\n:::{{shape}}\n`(T,)`\n:::\n:::::"
    )
    assert warnings == ""
    assert counts == {"reveal": 1, "quiz": 1, "shape": 1}


def test_code_that_looks_like_html_is_escaped(render):
    html, _, _ = render(PARSONS.replace("2 * x", "x <b> '&'"))
    assert "x &lt;b&gt;" in html


def test_pages_are_counted(render):
    _, _, counts = render(
        f"{QUIZ}\n{QUIZ}\n{PARSONS}\n```{{predict}}\nquestion: Q?\n```"
    )
    assert counts == {"quiz": 2, "parsons": 1, "predict": 1}


# --- what they refuse ------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "line", "said"),
    [
        (("    why: Only ASCII takes one.\n", ""), 7, "`why` is missing"),
        (("    right: true\n", ""), 5, "0 options are marked"),
        (
            ("    why: Only", "    right: true\n    why: Only"),
            5,
            "2 options are marked",
        ),
        (("question: How many", "ask: How many"), 5, "`ask` is unknown"),
        (("    right: true", "    right: 'true'"), 9, "must be true or false"),
        (('"2"', "2"), 9, "put it in quotes"),
        (('"`1`"', "`1`"), 7, "the YAML cannot be read"),
        (("one.", "one: yes"), 8, "the YAML cannot be read"),
        (
            ("    right: true", "    right: true\n    right: true"),
            9,
            "`right` is written 2 times",
        ),
        (('"2"', '"2\\n\\n3"'), 9, "must be one line"),
        (
            ("    why: Only ASCII takes one.", "    why: ''"),
            7,
            "`why` is missing",
        ),
    ],
)
def test_quiz_mistake_is_refused_with_its_line(render, change, line, said):
    assert change[0] in QUIZ
    html, warnings, counts = render(QUIZ.replace(*change, 1))
    assert f"index.md:{line}: WARNING: quiz: " in warnings
    assert said in warnings
    assert "llm-quiz" not in html
    assert counts == {}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("    why: That *squares*.\n", ""), "needs a `why`"),
        (("    distractor: true\n", ""), "is no distractor"),
        (('    y = 2 * x"', '    y = 2 * x"\n    id: 1'), "`id` is unknown"),
        (('y"', 'y"\n    after: [4]'), "cannot come after line 4"),
        (('y"', 'y"\n    after: [3]'), "cannot come after line 3"),
        (('y"', 'y"\n    after: 1'), "must be a list"),
        (('y"', "y\"\n    after: ['1']"), "numbers of lines"),
        (("true", "true\n    after: [1]"), "has no place"),
        (("y = x ** 2", "y = 2 * x"), "is also a line that belongs"),
    ],
)
def test_parsons_mistake_is_refused(render, change, said):
    assert change[0] in PARSONS
    _, warnings, counts = render(PARSONS.replace(*change, 1))
    assert said in warnings
    assert counts == {}


@pytest.mark.parametrize(
    ("block", "change", "said"),
    [
        (QUIZ, ("question:", "kind: other\nquestion:"), "it can be: single"),
        (QUIZ, ("question:", "kind: [1]\nquestion:"), "it can be: single"),
        (MULTIPLE, ("    right: true\n", ""), "no option is marked"),
        (NUMERIC, ("answer: 257\n", ""), "`answer` is missing"),
        (NUMERIC, ("answer: 257", "answer: many"), "must be a number"),
        (NUMERIC, ("answer: 257", "answer: true"), "must be a number"),
        (NUMERIC, ("value: 256", "value: 256.5"), "counts as right"),
        (NUMERIC, ("value: 256", "val: 256"), "`val` is unknown"),
        (WIDGET, ("title: Windows over a `text`\n", ""), "must be YAML|title"),
        (WIDGET, ("llm-window", "llm-absent"), "no llm-absent.js"),
        (WIDGET, ("llm-window", "window"), "is no element"),
        (WIDGET, ("    answer: 6\n", ""), "either `answer` or `check`"),
        (WIDGET, ("answer: 6", "answer: 6\n    value: 2"), "belongs to"),
        (WIDGET, ("answer: 6", "answer: 6\n    check: a"), "either `answer`"),
        (WIDGET, ("    why: Done.\n", ""), "`why` is missing"),
        (WIDGET, ("tolerance: 0", "tolerance: no"), "must be a number"),
        (WIDGET, ("tasks:", "task:"), "`task` is unknown"),
    ],
)
def test_other_mistakes_are_refused(render, block, change, said):
    assert change[0] in block
    html, warnings, counts = render(block.replace(*change))
    assert re.search(said, warnings), warnings
    assert "index.md:" in warnings
    assert "<llm-quiz" not in html
    assert "<llm-window" not in html
    assert counts == {}


@pytest.mark.parametrize("text", ["soon", "0", "-5", "1.5"])
def test_a_time_that_is_no_number_of_minutes_is_refused(render, text):
    _, warnings, _ = render(f"It takes {{reading-time}}`{text}`.")
    assert "is no number of minutes" in warnings


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("```{predict}\n```", "body"),
        (
            "```{predict}\nquestion: Q?\noptions: [a]\n```",
            "1 option; give two or more",
        ),
        (
            "```{predict}\nquestion: Q?\noptions: [1, 2]\n```",
            "option 1 must be text",
        ),
        ("```{predict}\n- a\n```", "must be YAML"),
        ("```{predict}\nanswer: Yes it is.\n```", "`question` is missing"),
        (":::{shape}\n:::", "body is empty"),
        (":::{misconception}\nBody.\n:::", "1 argument(s) required"),
        (":::{reveal}\nBody.\n:::", "1 argument(s) required"),
        (
            "```{quiz}\nquestion: Q?\noptions:\n- text: a\n  why: b\n"
            "  right: true\n```",
            "1 options; give two to six",
        ),
    ],
)
def test_incomplete_block_is_refused(render, text, said):
    _, warnings, counts = render(text)
    assert said in warnings
    assert "index.md:" in warnings
    assert counts == {}
