"""Python in the page: the exercises' checks in ordinary Python, the files
that a build brings, and the element in a browser."""

import gzip
import json
import re
import sys
import textwrap
import time

import pytest
import yaml
from scratchbook import payloads
from visiting import ROOT, TOO_WIDE, in_all_looks, opened

import course

sys.path.append(str(ROOT / "book" / "assets" / "elements"))
import exercise

STORY = (ROOT / "tests/site/stories/python.md").read_text("utf-8")
BODY = yaml.safe_load(
    re.search(r"{widget} llm-python\n(.*)```", STORY, re.S)[1]
)
COUNT, MERGE = BODY["config"]["exercises"]
LIMIT = 6_500_000  # bytes of Python on demand


# --- the checks, without a browser ------------------------------------------


def judged(task, code):
    """What `run` says of an exercise; its own failure is no answer."""
    found = exercise.run(textwrap.dedent(code), task["checks"])
    assert found["error"] is None
    return {result["name"]: result["said"] for result in found["results"]}


@pytest.mark.parametrize("task", [COUNT, MERGE])
def test_the_solution_passes_and_the_beginning_does_not(task):
    assert set(judged(task, task["solution"]).values()) == {None}
    assert set(judged(task, task["code"]).values()) != {None}


def test_the_static_twin_shows_the_same_solutions():
    shown = re.findall(r"~~~python\n(.*?)~~~", BODY["static"], re.S)
    plain = [textwrap.dedent(code) for code in shown]
    assert plain == [COUNT["solution"], MERGE["solution"]]


WRONG = [  # task, code, check, what it must be told
    (
        COUNT,
        COUNT["code"],
        "neighbours are counted",
        "`count_pairs([1, 2, 3, 1, 2])` gave `{(1, 1): 2, (2, 2): 2, (3, 3): "
        "1}`, not `{(1, 2): 2, (2, 3): 1, (3, 1): 1}`. You paired every id",
    ),
    (
        COUNT,
        "def count_pairs(ids): return set(zip(ids, ids[1:]))",
        "neighbours are counted",
        "That is a set",
    ),
    (
        COUNT,
        "def count_pairs(ids): return {p: 1 for p in zip(ids, ids[1:])}",
        "neighbours are counted",
        "Each pair is counted once",
    ),
    (
        COUNT,
        """
        def count_pairs(ids):
            counts = {}
            while len(ids) > 1:
                counts[tuple(ids[:2])] = counts.get(tuple(ids[:2]), 0) + 1
                ids = ids[2 if ids[0] == ids[1] else 1:]
            return counts
        """,
        "overlapping pairs count",
        "skip an id after each pair",
    ),
    (
        MERGE,
        """
        def merge(ids, pair, new_id):
            out = []
            for i, token in enumerate(ids):
                hit = tuple(ids[i : i + 2]) == pair
                out.append(new_id if hit else token)
            return out
        """,
        "a pair in the middle",
        "Only one half",
    ),
    (
        MERGE,
        "def merge(ids, pair, new_id): ids.append(new_id)",
        "a pair in the middle",
        "The function returns nothing",
    ),
    (
        MERGE,
        """
        def merge(ids, pair, new_id):
            out, i = [], 0
            while i < len(ids) - 1:
                hit = (ids[i], ids[i + 1]) == pair
                out.append(new_id if hit else ids[i])
                i += 1 + hit
            return out
        """,
        "three equal ids",
        "The last id got lost",
    ),
    (
        MERGE,
        """
        def merge(ids, pair, new_id):
            out = ids[:1]
            for token in ids[1:]:
                if (out[-1], token) == pair or out[-1] == new_id == 0:
                    out[-1] = new_id
                else:
                    out.append(token)
            return out if ids[0] != 1 else out[::-1]
        """,
        "three equal ids",
        "from left to right",
    ),
    (
        MERGE,
        "def merge(ids, pair, new_id): return [ids[0]]",
        "an empty list",
        "stopped:\nTraceback (most recent call last):\n",
    ),
    (COUNT, "def count(ids): ...", "a single id has no pair", "Keep its name"),
]


@pytest.mark.parametrize(("task", "code", "check", "words"), WRONG)
def test_known_mistakes_are_diagnosed(task, code, check, words):
    assert words in judged(task, code)[check]


def test_an_error_shows_the_readers_lines_only():
    error = exercise.run("def f():\n    return 1 / 0\n\n\nf()", [])["error"]
    assert 'File "your code", line 2, in f\n    return 1 / 0' in error
    assert "exercise.py" not in error
    assert error.endswith("ZeroDivisionError: division by zero")


def test_a_syntax_error_shows_the_place():
    error = exercise.run("x = (1,\ny = 2", [])["error"]
    assert error.startswith('  File "your code", line 1')


def test_a_long_traceback_is_cut_at_its_beginning():
    names = [f"f{i}" for i in range(30)]
    code = "".join(f"def f{i}():\n    f{i + 1}()\n" for i in range(30))
    error = exercise.run(f"{code}{names[0]}()", [])["error"]
    assert error.splitlines()[0] == "..."
    assert len(error.splitlines()) == exercise.LONGEST_TRACEBACK + 1
    assert error.endswith("NameError: name 'f30' is not defined")


def test_what_is_equal_and_what_is_not():
    assert exercise.equal([0.1 + 0.2, (1, 2)], [0.3, (1, 2)])
    assert not exercise.equal(1, True)
    assert not exercise.equal((1,), [1])
    assert not exercise.equal([1, 2], [1])


def test_checks_print_nothing_and_a_strange_value_is_told(capsys):
    class Silent:
        def __repr__(self):
            raise RuntimeError("no")

    code = "def f():\n    print('in a check')\n    return 2"
    checks = [{"call": "f()", "want": "3"}]
    (result,) = exercise.run(code, checks)["results"]
    assert result["said"] == "`f()` gave `2`, not `3`."
    assert capsys.readouterr().out == ""
    assert exercise.short(Silent()).startswith("a Silent whose repr raises")


# --- what a build brings ----------------------------------------------------


def test_python_for_the_page_is_installed_and_within_the_limit(tmp_path):
    assert payloads.PACKAGE.exists(), "run: python course.py setup"
    manifest = payloads.write_python(tmp_path)
    pinned = json.loads((ROOT / "package.json").read_text("utf-8"))
    assert manifest["pyodide"] == pinned["dependencies"]["pyodide"]
    assert 3_000_000 < manifest["bytes"] <= LIMIT
    program = payloads.PACKAGE / payloads.PROGRAM
    copy = tmp_path / (payloads.PROGRAM + payloads.PACKED)
    assert gzip.decompress(copy.read_bytes()) == program.read_bytes()


def test_without_the_package_the_build_goes_on(tmp_path):
    assert payloads.write_python(tmp_path / "a", tmp_path) == {"bytes": 0}
    assert [path.name for path in (tmp_path / "a").iterdir()] == [
        "manifest.json"
    ]


def test_the_lock_names_no_host_and_fits_the_pin():
    text = (ROOT / "package-lock.json").read_text("utf-8")
    locked = json.loads(text)["packages"]
    assert "resolved" not in text
    assert all("integrity" in locked[name] for name in locked if name)
    pinned = json.loads((ROOT / "package.json").read_text("utf-8"))
    for name, version in pinned["dependencies"].items():
        assert locked[f"node_modules/{name}"]["version"] == version


def test_a_failed_installation_is_one_line_and_tried_again(
    tmp_path, monkeypatch, capsys
):
    (tmp_path / "npm").mkdir()
    monkeypatch.setattr(course, "VENV", tmp_path)
    monkeypatch.setattr(course, "PYTHON", sys.executable)
    fail = "import sys; sys.exit('npm warn odd\\nnpm error code ENOTFOUND')"
    monkeypatch.setattr(course, "NPM", fail)
    for _ in range(2):
        course.set_up_page_python()
        said = capsys.readouterr().out
        assert "could not be installed (npm error code ENOTFOUND)" in said
    monkeypatch.setattr(course, "NPM", "")
    course.set_up_page_python()
    assert "could not" not in capsys.readouterr().out
    course.set_up_page_python()
    assert capsys.readouterr().out == ""  # installed: nothing to do


# --- in a browser -----------------------------------------------------------

ANSWERED = """n => {
  const status = document.querySelectorAll(".exercise-status")[n].innerText;
  return status && !status.endsWith("...");
}"""


def answered(tab, n=0):
    """Wait for the end of a run; what the status says."""
    tab.wait_for_function(ANSWERED, arg=n, timeout=90_000)
    return tab.locator(".exercise-status").nth(n).inner_text()


@pytest.fixture
def page(browser, story):
    """The story, opened, with the Visit."""
    base, _, name = story("python").rpartition("/")
    with opened(browser, f"{base}/", name) as (tab, visit):
        yield tab, visit


@pytest.mark.browser
def test_without_scripts_task_and_solution_are_readable(browser, story):
    base, _, name = story("python").rpartition("/")
    with opened(browser, f"{base}/", name, scripts=False) as (tab, visit):
        assert tab.locator("textarea").count() == 0
        assert tab.get_by_text("Write merge(ids, pair, new_id)").is_visible()
        assert tab.locator("details.reveal").count() == 2
        assert tab.evaluate(TOO_WIDE) == []
        assert visit.errors == []


@pytest.mark.browser
def test_where_python_was_not_installed_the_twin_stays(browser, story):
    base, _, name = story("python").rpartition("/")

    def leave_out(context):
        context.route(
            "**/pyodide/manifest.json",
            lambda route: route.fulfill(json={"bytes": 0}),
        )

    with opened(browser, f"{base}/", name, prepare=leave_out) as (tab, visit):
        assert tab.get_by_text("Python was not installed").is_visible()
        assert tab.locator(".widget-static").is_visible()
        assert tab.locator("textarea").count() == 0
        assert visit.errors == []


@pytest.mark.browser
def test_by_mouse_from_start_to_solution(page):
    tab, visit = page
    requested = []
    tab.on("request", lambda request: requested.append(request.url))
    assert not [path for path in visit.weight if "pyodide.asm" in path]
    assert in_all_looks(tab) == []
    visit.errors.clear()  # axe asks for a style sheet at a wrong address

    manifest = tab.evaluate(
        "fetch('_static/pyodide/manifest.json').then(r => r.json())"
    )
    size = f"({manifest['bytes'] / 1e6:.1f} MB)"
    start = tab.get_by_role("button", name=f"Start Python and run {size}")
    start.first.click()
    assert answered(tab) == "0 of 3 checks passed."
    assert "{(1, 1): 2" in tab.locator(".exercise-output").first.inner_text()
    first = tab.locator(".exercise-checks li").first.inner_text()
    assert "You paired every id with itself" in first
    assert len([url for url in requested if "pyodide.asm" in url]) == 2

    run = tab.get_by_role("button", name="Run and check").first
    solution = tab.locator(".exercise details:visible")
    for _ in range(2):
        assert solution.count() == 0
        run.click()
        answered(tab)
    assert solution.count() == 1  # after three tries

    area = tab.get_by_label("Your code for exercise 1")
    area.fill(COUNT["solution"])
    run.click()
    assert answered(tab) == "All 3 checks passed."
    area.fill("print('so far')\nwhile True:\n    pass")
    run.click()
    tab.get_by_role("button", name="Stop").click()
    assert answered(tab) == "Stopped."
    assert tab.locator(".exercise-output").first.inner_text() == "so far\n"
    tab.get_by_role("button", name="Start over").first.click()
    assert area.input_value() == COUNT["code"].rstrip()
    assert visit.outside == []
    assert visit.errors == []
    assert in_all_looks(tab) == []
    assert tab.evaluate("document.getAnimations().length") == 0


@pytest.mark.browser
def test_by_keyboard_alone(page):
    tab, visit = page
    area = tab.get_by_label("Your code for exercise 2")
    for _ in range(40):
        tab.keyboard.press("Tab")
        if area.evaluate("e => e === document.activeElement"):
            break
        if tab.evaluate("document.activeElement.tagName") == "TEXTAREA":
            tab.keyboard.press("Escape")
    else:
        pytest.fail("Tab does not reach the second editor")
    tab.keyboard.press("Control+a")
    tab.keyboard.press("Delete")
    for line in MERGE["solution"].rstrip().splitlines():
        # the editor indents by itself: go back to the line's beginning
        tab.keyboard.press("Shift+Home")
        tab.keyboard.insert_text(line)
        tab.keyboard.press("Enter")
    assert area.input_value().split() == MERGE["solution"].split()
    tab.keyboard.press("Control+Enter")
    assert answered(tab, 1) == "All 5 checks passed."
    here = tab.locator(".progress-here").inner_text()
    assert "exercises in Python 1 of 2" in here

    area.fill("x = 1")
    tab.keyboard.press("Tab")
    assert area.input_value() == "x = 1    "  # Tab indents
    tab.keyboard.press("Control+a")
    tab.keyboard.press("Shift+Tab")
    tab.keyboard.press("Tab")
    assert area.input_value() == "    x = 1    "
    tab.keyboard.press("Escape")
    tab.keyboard.press("Tab")
    focused = "document.activeElement.innerText"
    assert tab.evaluate(focused) == "Run and check"
    tab.keyboard.press("Shift+Tab")
    tab.keyboard.press("Escape")
    tab.keyboard.press("Shift+Tab")  # and backwards
    assert tab.evaluate("document.activeElement.tagName") != "TEXTAREA"
    assert visit.errors == []


@pytest.mark.browser
def test_an_endless_loop_ends_and_the_next_run_works(page):
    tab, visit = page
    area = tab.get_by_label("Your code for exercise 1")
    area.fill("while True:\n    print('again')")
    area.press("Control+Enter")
    assert answered(tab).startswith("Stopped after 2 seconds.")
    output = tab.locator(".exercise-output").first.inner_text()
    assert output.endswith("... and more\n")
    assert len(output) < 5000

    area.fill(
        "def count_pairs(ids):\n    return ids.nothing\n\ncount_pairs(1)"
    )
    started = time.monotonic()
    area.press("Control+Enter")
    assert "AttributeError" in answered(tab)
    assert time.monotonic() - started < 60
    told = tab.locator(".exercise-output").first.inner_text()
    assert 'File "your code", line 2, in count_pairs' in told

    tab.reload(wait_until="networkidle")
    kept = tab.get_by_label("Your code for exercise 1").input_value()
    assert "ids.nothing" in kept
    assert visit.errors == []
