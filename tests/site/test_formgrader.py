"""nbgrader's own page in a browser: our results, no script of a student's,
and a score entered there that a second grading leaves alone."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

import pytest
from visiting import ROOT, opened

sys.path.insert(0, str(ROOT / "tests"))

from fixtures import toy_course

from scratchgrade import gradebook

pytestmark = pytest.mark.browser
NAME = toy_course.NAME
EVIL = (
    "Because **bold** <script>window.evil = 1</script> "
    "<img src=x onerror='window.evil = 2'> [a](javascript:window.evil=3)"
)
EXTENSION = "nbgrader.server_extensions.formgrader"


def command(course, *words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", RUN, *words],
        cwd=course.root,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr


RUN = f"""
import sys
sys.path.insert(0, {str(ROOT / "tests")!r})
from fixtures import toy_course
from scratchgrade.cli import main
main()
"""


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A graded class of two: one all right, with a hostile answer, one not."""
    course = toy_course.make_course(tmp_path_factory.mktemp("form") / "course")
    for student, right in (("ada", True), ("bob", False)):
        notebook = json.loads(course.release(NAME).read_text("utf-8"))
        for cell in notebook["cells"]:
            name = cell["id"]
            if right and name.startswith("answer-"):
                exercise = name.removeprefix("answer-").replace("-", ".")
                stub = toy_course.STUBS[exercise]
                cell["source"] = stub + toy_course.ANSWERS[exercise]
            elif name == "explain-1":
                cell["source"] = EVIL
        path = course.submitted / student / NAME / f"{NAME}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(notebook), "utf-8")
    command(course, "grade", NAME)
    return course


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def formgrader(course, tmp_path_factory):
    """Jupyter's server with nbgrader's page, on a free port; its address."""
    home = tmp_path_factory.mktemp("home")
    port = free_port()
    options = {
        "ServerApp.jpserver_extensions": {EXTENSION: True},
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": port,
        "ServerApp.port_retries": 0,
        "ServerApp.open_browser": False,
        "ServerApp.allow_root": True,
        "ServerApp.root_dir": str(course.root),
        "IdentityProvider.token": "",
    }
    (home / "jupyter_server_config.json").write_text(
        json.dumps(nested(options))
    )
    log = (home / "log").open("w+")
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyter_server"],
        cwd=course.root,
        env={
            **os.environ,
            "HOME": str(home),
            "JUPYTER_CONFIG_DIR": str(home),
            "JUPYTER_DATA_DIR": str(home / "data"),
            "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        },
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    base = f"http://127.0.0.1:{port}/"
    try:
        wait_for(base + "api", server, log)
        yield base
    finally:
        server.terminate()
        server.wait(20)
        log.close()


def nested(options: dict) -> dict:
    config: dict = {}
    for name, value in options.items():
        owner, trait = name.split(".")
        config.setdefault(owner, {})[trait] = value
    return config


def wait_for(address: str, server: subprocess.Popen, log) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except OSError:
            time.sleep(0.2)
        if server.poll() is not None:
            break
    log.seek(0)
    pytest.fail("no Jupyter server:\n" + log.read()[-3000:])


def submission_of(course, student: str) -> str:
    with gradebook.open_gradebook(course.store) as book:
        return book.find_submission_notebook(NAME, NAME, student).id


def grades(course, student: str) -> dict:
    with gradebook.open_gradebook(course.store) as book:
        return {
            g.name: (g.auto_score, g.manual_score, bool(g.needs_manual_grade))
            for g in book.find_submission_notebook(NAME, NAME, student).grades
        }


def test_the_list_shows_every_submission_with_its_points(browser, formgrader):
    page = f"formgrader/gradebook/{NAME}/{NAME}"
    with opened(browser, formgrader, page) as (tab, _):
        rows = tab.locator("tbody tr")
        rows.nth(1).wait_for()
        shown = [row.inner_text() for row in rows.all()]
    assert len(shown) == 2
    assert any("10" in row and "15" in row for row in shown)


def test_a_submission_shows_our_result_and_runs_nothing_of_it(
    browser, formgrader, course
):
    page = f"formgrader/submissions/{submission_of(course, 'ada')}/"
    with opened(browser, formgrader, page) as (tab, visit):
        text = tab.locator("body").inner_text()
        assert "Exercise 99.1: passed, 3 of 3 points" in text
        assert "def double(x):" in text
        assert tab.locator("strong", has_text="bold").count() == 1
        assert "<script>window.evil = 1</script>" in text
        link = tab.locator("a", has_text="a").and_(
            tab.locator("[href^='javascript']")
        )
        assert link.count() == 0
        # all that the page loads, a picture's failure too, has happened
        assert tab.evaluate("window.evil") is None
    # MathJax comes from elsewhere, and is not reached; nothing else is asked.
    assert all("mathjax" in url.lower() for url in visit.outside)


def test_a_wrong_answer_shows_its_diagnosis(browser, formgrader, course):
    page = f"formgrader/submissions/{submission_of(course, 'bob')}/"
    with opened(browser, formgrader, page) as (tab, _):
        text = tab.locator("body").inner_text()
    assert "Exercise 99.1: failed, 0 of 3 points" in text
    assert "look at:" in text


def test_a_score_entered_there_survives_a_second_grading(
    browser, formgrader, course
):
    page = f"formgrader/submissions/{submission_of(course, 'ada')}/"
    assert grades(course, "ada")["explain-1"] == (None, None, True)
    with opened(browser, formgrader, page) as (tab, _):
        box = tab.locator("input.score").last
        box.fill("4.5")
        with tab.expect_response(
            lambda answer: (
                "/formgrader/api/grade/" in answer.url
                and answer.request.method == "PUT"
            )
        ) as answer:
            box.press("Tab")
        assert answer.value.status == 200
    assert grades(course, "ada")["explain-1"] == (None, 4.5, False)
    command(course, "grade", NAME)
    assert grades(course, "ada")["explain-1"] == (None, 4.5, False)
    for path in course.store.root.glob("gradebook.db*"):
        path.unlink()
    shutil.rmtree(course.store.root / "records")
    command(course, "grade", NAME)
    assert grades(course, "ada")["explain-1"] == (None, 4.5, False)
    assert grades(course, "ada")["check-99-1"] == (3, None, False)
