"""Each directive: what it writes, and which mistakes it refuses, where."""

import io
import json
import re

import pytest
from scratchbook import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

SETTINGS = {
    "extensions": ["myst_nb", "scratchbook"],
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
        return body, plain, directives.counts(app.env, "index")

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


def data_in(html):
    text = re.search(r'<script type="application/json">(.*?)</script>', html)
    return json.loads(text[1])


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
    assert f"Line {shown.index('    y = x ** 2') + 1} does not belong" in fold
    assert "y = 2 * x" in re.sub(r"<[^>]+>", "", fold)


def test_parsons_order_is_the_same_in_every_build(render):
    assert render(PARSONS)[0] == render(PARSONS)[0]


@pytest.mark.parametrize("n", range(2, 9))
def test_shuffling_never_shows_the_right_order(n):
    for start in range(40):
        lines = [f"line {start + i}" for i in range(n)]
        order = directives.shuffled(lines, lines)
        assert sorted(order) == list(range(n))
        assert [lines[i] for i in order] != lines


def test_equal_lines_cannot_be_put_in_a_wrong_order():
    with pytest.raises(directives.Refused, match="two that differ"):
        directives.shuffled(["x", "x"], ["x", "x"])


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
    ],
)
def test_parsons_mistake_is_refused(render, change, said):
    assert change[0] in PARSONS
    _, warnings, counts = render(PARSONS.replace(*change, 1))
    assert said in warnings
    assert counts == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("```{predict}\n```", "body"),
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
