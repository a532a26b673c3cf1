"""Token chips and plots of `scratchlm.notebook`, looked at in a browser."""

import itertools

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

from scratchlm.notebook import COLORS, plot_style, show_plot, show_tokens

pytestmark = pytest.mark.browser

SMALLEST_TEXT = """() => Math.min(
  ...[...document.querySelectorAll('.plot text, .plot tspan')]
    .filter(e => e.textContent.trim() && e.getClientRects().length)
    .map(e => {
      const svg = e.ownerSVGElement;
      const scale = svg.clientWidth / svg.viewBox.baseVal.width;
      return parseFloat(getComputedStyle(e).fontSize) * scale;
    }),
  ...[...document.querySelectorAll('.tokens span, .tokens small')]
    .map(e => parseFloat(getComputedStyle(e).fontSize)))"""


@pytest.fixture(scope="module")
def page_source():
    """A page with two rows of chips and two plots."""
    mpl.use("agg")
    bundles = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "IPython.display.display", lambda b, raw: bundles.append(b)
        )
        show_tokens([" the", b"\xd1", "\n", "long" * 30] * 8, range(32))
        show_tokens(["їжак", " 日本", "שלום", "e\u0301"])
        for title in ("one", "two"):
            with plot_style():
                fig, ax = plt.subplots()
                for k in range(4):
                    ax.plot([256, 512, 1024], [k, 2 * k, 3], label=f"{k}")
                ax.set_xscale("log", base=2)
                ax.set(xlabel="size", ylabel="bytes", title=title)
                ax.legend()
            show_plot(fig, alt=f"Plot {title} of four lines", caption="Seen.")
    outputs = "".join(
        f'<div class="text_html">{b["text/html"]}</div>' for b in bundles
    )
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><title>t</title>"
        "<style>body{margin:16px}html[data-theme=dark] body{background:"
        "#15191e}</style><body><main><h1>t</h1>"
        + outputs
        + "</main></body></html>"
    )


@pytest.fixture
def page(browser, page_source):
    page = browser.new_page()
    page.set_content(page_source)
    yield page
    page.close()


@pytest.mark.parametrize("width", [390, 704, 1280])
def test_displays_fit_and_are_readable(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate(SMALLEST_TEXT) >= 12
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    heights = page.locator(".tokens").first.bounding_box()["height"]
    assert heights > 2 * 40, "the chips should wrap"
    ids = page.evaluate(
        "[...document.querySelectorAll('[id]')].map(e => e.id)"
    )
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("width", [352, 390, 540, 600, 704, 1280])
def test_one_drawing_of_a_plot_is_seen_and_never_scrolls(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    for plot in page.locator(".plot").all():
        seen = [svg.is_visible() for svg in plot.locator("svg").all()]
        assert seen == ([False, True] if width < 560 else [True, False])
        assert plot.get_by_role("img").count() == 1
    assert page.evaluate(
        "[...document.querySelectorAll('.plot div')]"
        ".every(e => e.scrollWidth <= e.clientWidth)"
    )


def test_text_stays_inside_a_plot(page):
    """What is written is on the page, in either drawing."""
    for width in (352, 704):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate(
            """[...document.querySelectorAll('.plot text')]
              .filter(e => e.getClientRects().length)
              .every(e => {
                const text = e.getBoundingClientRect();
                const svg = e.ownerSVGElement.getBoundingClientRect();
                return text.left >= svg.left - 1
                  && text.right <= svg.right + 1
                  && text.bottom <= svg.bottom + 1;
              })"""
        )


def rgb(color):
    return tuple(int(color[i : i + 2], 16) for i in (1, 3, 5))


def parsed(css):
    return tuple(map(int, css[css.index("(") + 1 : -1].split(",")[:3]))


def contrast(one, other):
    def luminance(color):
        linear = [
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
            for c in (part / 255 for part in color)
        ]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


COLOR_OF = """(selector, property) =>
  getComputedStyle(document.querySelector(selector))[property]"""


@pytest.mark.parametrize(
    ("selector", "attribute", "dark"),
    [
        ("html", "data-theme=dark", True),  # the book
        ("html", "data-theme=light", False),
        ("body", "data-jp-theme-light=false", True),  # JupyterLab
        ("body", "data-jp-theme-light=true", False),
        ("body", "class=vscode-dark", True),
        ("html", "theme=dark", True),  # Colab
    ],
)
@pytest.mark.parametrize("system", ["light", "dark"])
def test_displays_follow_the_theme(page, selector, attribute, dark, system):
    page.emulate_media(color_scheme=system)
    name, value = attribute.split("=")
    page.evaluate(
        f"document.querySelector('{selector}')"
        f".setAttribute('{name}', '{value}')"
    )
    check_colors(page, dark)
    page.emulate_media(media="print", color_scheme=system)
    check_colors(page, dark=False)


@pytest.mark.parametrize("system", ["light", "dark"])
def test_without_a_theme_displays_follow_the_system(page, system):
    page.emulate_media(color_scheme=system)
    check_colors(page, system == "dark")


def check_colors(page, dark):
    def color(selector, attribute):
        return parsed(
            page.evaluate(f"({COLOR_OF})({selector!r}, {attribute!r})")
        )

    text = color(".tokens span", "color")
    assert text == rgb(COLORS["fg"][dark])
    for k in range(4):
        chip = color(f".tokens span:nth-child({5 + k})", "backgroundColor")
        assert chip == rgb(COLORS[f"t{k}"][dark])
        assert contrast(text, chip) >= 4.5
    assert color(".plot text", "fill") == rgb(COLORS["fg"][dark])
    strokes = page.evaluate(
        "[...document.querySelectorAll('.plot path')]"
        ".map(e => getComputedStyle(e).stroke)"
    )
    background = (0x15, 0x19, 0x1E) if dark else (255, 255, 255)
    for name in ("blue", "orange", "green", "line"):
        wanted = rgb(COLORS[name][dark])
        assert wanted in [parsed(s) for s in strokes if s.startswith("rgb")]
        assert contrast(wanted, background) >= 3


def test_colours_of_neighbouring_chips_differ():
    for theme in (0, 1):
        chips = [rgb(COLORS[f"t{k}"][theme]) for k in range(4)]
        for one, other in itertools.pairwise([*chips, chips[0]]):
            assert (
                sum(abs(a - b) for a, b in zip(one, other, strict=True)) > 40
            )


def test_displays_have_no_accessibility_violation(page):
    from axe_playwright_python.sync_playwright import Axe

    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
