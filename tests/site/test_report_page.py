"""The instructor's report in a browser: wide and narrow, light and dark."""

import sys

import pytest
from axe_playwright_python.sync_playwright import Axe
from visiting import ROOT, opened, serving

sys.path.append(str(ROOT / "tests"))

from fixtures.made_up_class import large, pages

from scratchgrade.report import INDEX

pytestmark = pytest.mark.browser

SMALLEST_TEXT = """() => Math.min(
    ...[...document.querySelectorAll('.chart text')].map(text => {
        const svg = text.closest('svg');
        const scale = svg.getBoundingClientRect().width
            / svg.viewBox.baseVal.width;
        return scale * parseFloat(getComputedStyle(text).fontSize);
    }))"""


@pytest.fixture(scope="module")
def report_address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    for place, text in pages(large(530)).items():
        (folder / place).write_text(text, "utf-8")
    with serving(folder) as address:
        yield address


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_report_is_readable_and_axe_finds_nothing(
    browser, report_address, width, scheme
):
    for page in (INDEX, "_99-toy.2.html"):
        with opened(browser, report_address, page, width, scheme) as (
            tab,
            visit,
        ):
            assert not visit.errors  # a style against the policy is one
            assert not visit.outside
            across = tab.evaluate("document.documentElement.scrollWidth")
            assert across <= width
            if page == INDEX:
                assert tab.evaluate(SMALLEST_TEXT) >= 12
            found = Axe().run(tab).response["violations"]
            assert not found, [(f["id"], f["nodes"][0]["html"]) for f in found]


def test_a_plot_changes_its_colours_with_the_theme(browser, report_address):
    colours = set()
    for scheme in ("light", "dark"):
        with opened(browser, report_address, INDEX, scheme=scheme) as (tab, _):
            colours.add(
                tab.evaluate(
                    "getComputedStyle(document.querySelector("
                    "'.chart .fill-blue')).fill"
                )
            )
    assert colours == {"rgb(0, 114, 178)", "rgb(86, 180, 233)"}
