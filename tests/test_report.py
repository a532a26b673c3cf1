"""The instructor's report: complete, safe to open, readable, repeatable."""

import html
import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from fixtures import toy_course
from fixtures.made_up_class import (
    FAILED,
    LATE,
    NAME,
    PASSED,
    RECORDS,
    a_record,
    large,
    pages,
    unread,
)
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from scratchgrade import charts, cli, report
from scratchgrade.checks.kit import CourseError
from scratchgrade.course import Course
from scratchgrade.gradebook import Manual
from scratchgrade.late import Lateness
from scratchgrade.record import (
    Usage,
)


class Page(HTMLParser):
    """What of a page can be followed, and where it can be entered."""

    def __init__(self, text: str):
        super().__init__()
        self.ids, self.links, self.named, self.tags = [], [], [], []
        self.attributes: list[tuple[str, str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        for key, value in attrs:
            self.attributes.append((tag, key, value or ""))
            if key == "id":
                self.ids.append(value)
            if tag == "a" and key == "href":
                self.links.append(value)
            if key in ("aria-labelledby", "aria-describedby"):
                self.named += value.split()


SETS = {
    "small": pages(),
    "large": pages(large(1203)),
    "none": pages([unread("dee")]),
    "alone": pages([a_record("ada")]),
    "old": pages([replace(r, usage=None) for r in RECORDS]),
}
ALL = [
    pytest.param(text, id=f"{kind} {place}")
    for kind, found in SETS.items()
    for place, text in found.items()
]


# --- safe to open ----------------------------------------------------------


@pytest.mark.parametrize("text", ALL)
def test_nothing_runs_is_fetched_or_styled_against_the_policy(text):
    (policy,) = re.findall(r'Policy" content="([^"]+)"', text)
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    page = Page(text)
    assert not {"script", "img", "iframe", "link", "object"} & set(page.tags)
    for tag, key, value in page.attributes:
        assert key != "style", (tag, value)  # the policy would ignore it
        assert not key.startswith("on")
        if key in ("href", "src"):
            assert not re.match(r"[a-z]+:|//", value)


def test_what_students_wrote_is_shown_as_text():
    text = SETS["small"]["index.html"]
    assert "<script" not in text
    for wrote in ("look 1", "cut off", "note", "timed out", "crashed"):
        assert f"{wrote} &lt;script&gt;" in text
    assert not re.search("[\x00-\x08\x1b\u202e]", text)


def test_the_check_for_styles_sees_one():
    assert ("p", "style", "x") in Page('<p style="x">').attributes


# --- complete --------------------------------------------------------------


@pytest.mark.parametrize("found", SETS.values(), ids=SETS)
def test_every_link_and_label_leads_somewhere(found):
    read = {place: Page(text) for place, text in found.items()}
    for place, page in read.items():
        assert len(page.ids) == len(set(page.ids))
        assert set(page.named) <= set(page.ids)
        for link in page.links:
            path, _, anchor = link.partition("#")
            if path.endswith(f"/{NAME}/{NAME}.html"):
                continue  # a student's page
            assert (path or place) in read, link
            assert not anchor or anchor in read[path or place].ids, link


@pytest.mark.parametrize("n", [1, 499, 500, 501, 1203])
def test_every_student_stands_in_the_tables_once(n):
    records = large(n)
    found = pages(records)
    assert len(found) == (1 if n <= 500 else 1 + -(-n // 500))
    rows = [
        student
        for text in found.values()
        for student in re.findall(rf'<tr id="{NAME}-([^"]+)"', text)
    ]
    assert sorted(rows) == [r.student for r in records]
    assert all(len(text) < 1_000_000 for text in found.values())


def test_no_page_can_meet_a_students_folder():
    """Their ids begin with a letter or digit; the pages' names do not."""
    assert [p for p in SETS["large"] if p != "index.html"] == [
        f"_{NAME}.{i}.html" for i in (1, 2, 3)
    ]


def test_whoever_needs_a_person_is_listed_with_a_reason_and_a_link():
    text = SETS["small"]["index.html"]
    groups = re.findall(r"<details.*?</details>", text, re.S)
    assert len(groups) == 3
    for student, verdict, where in (
        ("bob", "timed out", "99.2: timed out"),
        ("cem", "crashed", "99.2: crashed"),
        ("dee", "not gradable", "the notebook: cut off"),
    ):
        (group,) = [g for g in groups if f">{student}</a>" in g]
        assert verdict in group
        assert where in group
        assert f'href="{student}/{NAME}/{NAME}.html"' in group


def test_what_a_person_settled_is_no_longer_listed():
    entered = {"bob": {"c2": Manual(3, None, "", "bob")}}
    text = pages(manual=entered)["index.html"]
    assert len(re.findall("<details", text)) == 2
    assert '<td class="number">3</td>' in text  # his points, in his row


def test_many_with_one_reason_are_counted_and_not_all_named():
    records = [a_record(f"s{i:03}", LATE, PASSED) for i in range(207)]
    text = pages(records)["index.html"]
    (group,) = re.findall(r"<details.*?</details>", text, re.S)
    assert group.count("<a ") == report.NAMED
    assert "and 7 more" in group
    assert "(207)" in group


def test_mistakes_are_counted_by_student_and_the_commonest_comes_first():
    records = [
        a_record("ada", PASSED, FAILED),
        a_record("bob", FAILED, FAILED),
        a_record("cem", LATE, FAILED),
        a_record("dee"),
    ]
    first, second = report._mistakes(records)
    assert (first["exercise"], first["count"], first["share"]) == (
        "99.2",
        3,
        0.75,
    )
    assert (second["exercise"], second["count"]) == ("99.1", 1)
    assert [student for student, _ in first["examples"]] == [
        "ada",
        "bob",
        "cem",
    ]


def test_scores_are_final_and_late_work_has_less():
    late = {NAME: {"ada": Lateness(days=1, percent=25)}}
    text = pages(late=late)["index.html"]
    (row,) = re.findall(rf'<tr id="{NAME}-ada">.*?</tr>', text, re.S)
    assert '<td class="number">6' in row


def test_an_unread_submission_is_in_no_median():
    text = SETS["small"]["index.html"]
    assert "median 0 of 8" in text  # 8, 0 and 0, not 8, 0, 0 and 0
    assert "1 submission could not be read" in text
    assert "3 submissions that could be read" in text


def test_work_graded_without_the_sandbox_is_told():
    assert "without the sandbox" not in SETS["small"]["index.html"]
    unsafe = replace(RECORDS[0], environment={"box": "none"})
    text = pages([unsafe, *RECORDS[1:]])["index.html"]
    assert "1 submission graded without the sandbox" in text


def test_old_records_without_time_have_no_plot_of_it():
    assert "Time of grading" in SETS["small"]["index.html"]
    assert "Memory of grading" in SETS["small"]["index.html"]
    assert "Time of grading" not in SETS["old"]["index.html"]
    assert "Seconds" not in SETS["old"]["index.html"]
    unknown = [replace(r, usage=Usage(1.0)) for r in RECORDS]
    text = pages(unknown)["index.html"]
    assert "Time of grading" in text
    assert "Memory of grading" not in text


# --- plots -----------------------------------------------------------------


def drawings(text: str) -> list[ElementTree.Element]:
    return [
        ElementTree.fromstring(svg)
        for svg in re.findall(r"<svg.*?</svg>", text, re.S)
    ]


def test_each_plot_says_in_words_what_it_shows():
    text = SETS["small"]["index.html"]
    told = {d.find("title").text: d.find("desc").text for d in drawings(text)}
    assert told == {
        "Histogram: % of the automatic points": "Submissions, 0 to 10: 2; "
        "90 to 100: 1",
        "Verdicts by exercise": "99.1: 1 passed, 2 failed, 1 not gradable; "
        "99.2: 1 passed, 1 timed out, 1 crashed, 1 not gradable",
        "Histogram: seconds of a submission": told[
            "Histogram: seconds of a submission"
        ],
        "Histogram: MiB of a submission": told[
            "Histogram: MiB of a submission"
        ],
    }


def test_text_is_large_enough_on_a_phone_and_colours_follow_the_theme():
    style = html.unescape(
        re.search("<style>(.*?)</style>", SETS["small"]["index.html"], re.S)[1]
    )
    for drawing in drawings(SETS["large"]["index.html"]):
        width = float(drawing.get("viewBox").split()[2])
        assert width <= charts.WIDTH
        sizes = [
            float(t.get("font-size").removesuffix("px"))
            for t in drawing.iter("text")
        ]
        assert min(sizes) >= charts.TEXT
        for element in drawing.iter():
            for key in ("fill", "stroke"):
                colour = element.get(key, "none")
                assert colour == "none" or colour.startswith("url")
            for name in element.get("class", "").split():
                assert f".{name}" in style, name


def test_the_same_numbers_give_the_same_bytes():
    assert pages() == SETS["small"]
    assert pages(large(1203)) == SETS["large"]


@given(
    st.lists(
        st.floats(1e-3, 1e5, allow_nan=False), min_size=1, max_size=50
    )
)  # fmt: skip
def test_every_value_is_in_a_bar_and_edges_are_few_and_rise(values):
    edges = report._edges(values)
    assert edges == sorted(set(edges))
    assert edges[0] <= min(values) * (1 + 1e-9)
    assert edges[-1] >= max(values) * (1 - 1e-9)
    assert 2 <= len(edges) <= report.N_BARS + 2


# --- the command -----------------------------------------------------------


@pytest.fixture
def course(tmp_path, monkeypatch) -> Course:
    course = toy_course.make_course(tmp_path / "course")
    monkeypatch.chdir(course.root)
    return course


def test_the_command_writes_the_report_and_takes_old_pages_away(
    course, monkeypatch
):
    run = CliRunner().invoke
    result = run(cli.app, ["report"])
    assert isinstance(result.exception, CourseError)
    assert "nothing is graded yet" in str(result.exception)
    for record in RECORDS:
        course.store.save(record)
    course.store.set_current(NAME, RECORDS)
    monkeypatch.setattr(report, "ROWS", 2)
    result = run(cli.app, ["report"])
    assert result.exit_code == 0, result.output
    assert "index.html, and 2 pages beside it" in result.output
    written = sorted(p.name for p in course.feedback.iterdir())
    assert written == [f"_{NAME}.1.html", f"_{NAME}.2.html", "index.html"]
    monkeypatch.setattr(report, "ROWS", 500)
    run(cli.app, ["report"])
    assert [p.name for p in course.feedback.iterdir()] == ["index.html"]
    text = (course.feedback / "index.html").read_text("utf-8")
    assert text == SETS["small"]["index.html"]
