"""The position explorer: the library's tables, and usable by everyone."""

import re

import pytest
import torch
import yaml
from visiting import ROOT, in_all_looks, opened

from scratchlm import embeddings
from scratchlm.weights import load_pretrained

pytestmark = pytest.mark.browser

STORY = (ROOT / "tests/site/stories/position.md").read_text("utf-8")
BODY = yaml.safe_load(re.search(r"llm-position\n(.*)```", STORY, re.S)[1])
CLOSE = {"rtol": 0, "atol": 1e-6}
SCRIPT_LIMIT = 20_000  # bytes, gzipped


@pytest.fixture
def show(browser, story):
    """Opens the story of the position explorer."""
    base, _, page = story("position").rpartition("/")
    return lambda **how: opened(browser, base + "/", page, **how)


def call(tab, function, *arguments):
    """What a function of positions.js gives for `arguments`."""
    return tab.evaluate(
        """async ([name, given]) => {
          const module = await import(
            new URL("_static/elements/positions.js", location.href).href);
          return module[name](...given);
        }""",
        [function, list(arguments)],
    )


def tensor(values):
    return torch.tensor(values, dtype=torch.float64)


def facts(tab):
    return tab.evaluate("document.querySelector('llm-position').facts")


def state(tab, wanted):
    """Wait until the facts have these values; gives all of them."""
    tab.wait_for_function(
        """wanted => {
          const {facts} = document.querySelector("llm-position");
          return facts && Object.entries(wanted).every(
            ([name, value]) => facts[name] === value);
        }""",
        arg=wanted,
    )
    return facts(tab)


@pytest.fixture(scope="module")
def learned():
    """The table that the stories model has learned: (T, D)."""
    return load_pretrained("stories")[0].position_embedding.weight.detach()


# --- the same as the library ------------------------------------------------


def test_tables_and_rotations_are_the_librarys(show):
    with show() as (tab, _):
        for width, base, n in ((4, 100.0, 7), (64, 1e4, 96), (90, 1e6, 33)):
            frequencies = embeddings.rotary_frequencies(width, base)
            found = tensor(call(tab, "rotaryFrequencies", width, base))
            torch.testing.assert_close(found, frequencies, **CLOSE)

            found = tensor(call(tab, "sinusoidalTable", n, width, base))
            table = embeddings.sinusoidal_positions(n, width, base)
            torch.testing.assert_close(found, table.double(), **CLOSE)

            cos, sin = embeddings.rotary_table(
                torch.arange(n), frequencies, 1.1, torch.float64
            )
            rows = call(tab, "rotaryTable", n, frequencies.tolist(), 1.1)
            both = torch.cat((cos, sin), dim=1)
            torch.testing.assert_close(tensor(rows), both, **CLOSE)

            x = torch.randn(width, generator=torch.Generator().manual_seed(n))
            found = tensor(call(tab, "rotate", x.tolist(), rows[-1]))
            turned = embeddings.rotate(x[None].double(), cos[-1:], sin[-1:])
            torch.testing.assert_close(found, turned[0], **CLOSE)


@pytest.mark.parametrize("factor", [1, 2, 8])
def test_longer_windows_are_the_librarys(show, factor):
    with show() as (tab, _):
        for width, window, base in ((64, 96, 1e4), (128, 4096, 5e5)):
            settings = {"width": width, "base": base, "window": window}
            plain = embeddings.rotary_frequencies(width, base)
            expected = {
                "none": (plain, 1),
                "pi": (embeddings.interpolate_frequencies(plain, factor), 1),
                "ntk": (embeddings.ntk_frequencies(width, factor, base), 1),
                "yarn": (
                    embeddings.yarn_frequencies(width, factor, window, base),
                    embeddings.yarn_attention_scale(factor),
                ),
            }
            for method, (frequencies, scale) in expected.items():
                given = settings | {"factor": factor}
                found, its_scale = call(tab, "extended", method, given)
                torch.testing.assert_close(tensor(found), frequencies, **CLOSE)
                assert its_scale == pytest.approx(scale, abs=1e-12)


def test_the_learned_table_is_the_models(show, learned):
    with show() as (tab, _):
        found = tab.evaluate(
            """async () => {
              const module = await import(
                new URL("_static/elements/positions.js", location.href).href);
              const file = await fetch("_static/data/positions.json");
              return module.learnedTable(await file.json());
            }"""
        )
        torch.testing.assert_close(tensor(found), learned.double(), **CLOSE)


def products(rows, distance):
    """Products of all pairs of rows at this distance."""
    rows = rows.double()
    rows = rows / rows.norm(dim=1, keepdim=True)
    return (rows @ rows.T).diagonal(distance)


def test_the_shown_product_is_the_librarys(show, learned):
    with show() as (tab, _):
        table = embeddings.sinusoidal_positions(96, 64)
        expected = products(table, 10)[30].item()
        shown = state(tab, {"kind": "sinusoidal", "distance": 10})
        assert shown["product"] == pytest.approx(expected, abs=1e-6)
        assert shown["spread"] < 1e-6

        tab.get_by_label("Learned").check()
        shown = state(tab, {"kind": "learned"})
        pairs = products(learned, 10)
        assert shown["product"] == pytest.approx(pairs[30].item(), abs=1e-6)
        spread = (pairs.max() - pairs.min()).item()
        assert shown["spread"] == pytest.approx(spread, abs=1e-6)

        tab.get_by_label("Rotary").check()
        shown = state(tab, {"kind": "rotary"})
        same = torch.full((96, 64), 64**-0.5)
        cos, sin = embeddings.rotary_table(
            torch.arange(96), embeddings.rotary_frequencies(64)
        )
        turned = products(embeddings.rotate(same, cos, sin), 10)
        assert shown["product"] == pytest.approx(turned[30].item(), abs=1e-6)


def test_the_static_table_holds_the_librarys_numbers(learned):
    rows = {
        cells[1].strip(): [float(x.replace("−", "-")) for x in cells[2:10]]
        for line in BODY["static"].splitlines()
        if len(cells := line.split("|")) == 11 and "---" not in line
    }
    distances = [int(x) for x in rows.pop("Distance in tokens")]
    table = embeddings.sinusoidal_positions(96, 64)
    expected = {"sinusoidal, rotary": [], "learned, lowest pair": []}
    expected |= {"learned, mean": [], "learned, highest pair": []}
    for distance in distances:
        pairs = products(learned, distance)
        values = (products(table, distance)[0], pairs.min(), pairs.mean())
        for row, value in zip(
            expected.values(), (*values, pairs.max()), strict=True
        ):
            row.append(value.item())
    for name, values in expected.items():
        assert rows.pop(name) == pytest.approx(values, abs=0.0051)
    assert not rows


def test_the_answer_to_the_counted_task_is_the_librarys():
    frequencies = embeddings.rotary_frequencies(64)
    turning = (2 * torch.pi / frequencies <= 96).sum().item()
    assert BODY["tasks"][1]["answer"] == turning


# --- for everyone -----------------------------------------------------------


def test_by_mouse_through_all_tasks(show):
    with show() as (tab, visit):
        state(tab, {"kind": "sinusoidal"})
        own = [
            size for path, size in visit.weight.items() if "elements/" in path
        ]
        assert sum(own) <= SCRIPT_LIMIT
        assert not [path for path in visit.weight if "positions.json" in path]
        checks = tab.get_by_role("button", name="Check this state")
        checks.first.click()
        assert tab.locator(".task-said").first.inner_text()[:8] == "Not yet."
        tab.get_by_label("Learned").check()
        state(tab, {"kind": "learned"})
        tab.locator("llm-position canvas").click(position={"x": 2, "y": 50})
        state(tab, {"distance": 40})
        checks.first.click()
        tab.get_by_label("Your answer").fill("10")
        tab.get_by_role("button", name="Check", exact=True).click()
        tab.get_by_label("Rotary").check()
        tab.get_by_label("Interpolation").check()
        slider = tab.get_by_label("Times the window")
        slider.focus()
        slider.press("End")
        state(tab, {"factor": 8, "method": "pi"})
        checks.last.click()
        assert tab.locator(".task.done").count() == 3
        assert visit.outside == []
        assert visit.errors == []


def test_by_keyboard_alone(show):
    with show() as (tab, visit):
        state(tab, {"kind": "sinusoidal"})
        focused = "document.activeElement.id.replace(/^widget-\\w+-/, '')"

        def go_to(name):
            for _ in range(40):
                if tab.evaluate(focused) == name:
                    return
                tab.keyboard.press("Tab")
            pytest.fail(f"Tab does not reach {name}")

        go_to("kind-sinusoidal")
        tab.keyboard.press("ArrowRight")
        state(tab, {"kind": "learned"})
        tab.keyboard.press("ArrowRight")
        first = state(tab, {"kind": "rotary"})
        go_to("m")
        tab.keyboard.press("ArrowRight")
        assert state(tab, {"distance": 11})["product"] != first["product"]
        go_to("n")
        tab.keyboard.press("ArrowRight")
        moved = state(tab, {"distance": 10})
        assert moved["product"] == pytest.approx(first["product"], abs=1e-9)
        tab.keyboard.press("Tab")
        tab.keyboard.press("Enter")  # both 1 earlier
        said = tab.locator(".position-said").inner_text()
        assert "Before both moved, at 41 and 31" in said
        assert "Positions 40 and 30" in said
        spoken = tab.locator(".announcer")
        spoken.filter(has_text="Positions 40 and 30").wait_for(
            state="attached"
        )
        assert visit.errors == []


def test_looks_of_every_kind_and_no_motion(show):
    with show() as (tab, _):
        state(tab, {"kind": "sinusoidal"})
        assert in_all_looks(tab) == []
        tab.get_by_label("Rotary").check()
        tab.get_by_label("YaRN").check()
        tab.get_by_text("The first 8 numbers of both").click()
        state(tab, {"kind": "rotary", "method": "yarn"})
        assert in_all_looks(tab) == []
        assert tab.evaluate("document.getAnimations().length") == 0
        sizes = tab.evaluate(
            """() => [...document.querySelectorAll(
              "llm-position input, llm-position button")]
              .filter(e => e.offsetParent)
              .map(e => (e.closest(".pick") ?? e).getBoundingClientRect())
              .map(box => Math.min(box.width, box.height))"""
        )
        assert min(sizes) >= 24
        small = tab.evaluate(
            """() => [...document.querySelectorAll("llm-position .plot text")]
              .map(e => parseFloat(getComputedStyle(e).fontSize))"""
        )
        assert min(small) >= 12


def test_the_heat_map_follows_the_mode(show):
    corner = """() => [...document.querySelector("llm-position canvas")
      .getContext("2d").getImageData(0, 0, 1, 1).data]"""
    with show() as (tab, _):
        state(tab, {"kind": "sinusoidal"})
        light = tab.evaluate(corner)
        tab.evaluate("document.documentElement.dataset.theme = 'dark'")
        tab.wait_for_function(
            f"light => String(({corner})()) !== String(light)", arg=light
        )


def test_without_scripts_the_table_is_readable(show):
    with show(scripts=False) as (tab, visit):
        assert tab.get_by_text("learned, highest pair").is_visible()
        assert tab.locator("canvas").count() == 0
        assert visit.errors == []
