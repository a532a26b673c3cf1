"""The scaling dial: the library's counts exactly, and usable by everyone."""

import itertools
import re
from dataclasses import asdict, replace

import pytest
import yaml
from scratchbook import payloads
from visiting import ROOT, in_all_looks, opened

from scratchlm import costs
from scratchlm.llama import SMOLLM2_CONFIG_135M, LlamaConfig
from scratchlm.model import GPT_CONFIG_124M, GPTConfig

pytestmark = pytest.mark.browser

STORY = (ROOT / "tests/site/stories/scaling.md").read_text("utf-8")
BODY = yaml.safe_load(re.search(r"llm-scaling\n(.*)```", STORY, re.S)[1])
SCRIPT_LIMIT = 20_000  # bytes, gzipped

GPT = [
    GPTConfig(*numbers, qkv_bias=bias, tie_head=tied)
    for numbers in ((97, 12, 30, 3, 2), (50257, 4096, 12288, 96, 96))
    for bias, tied in itertools.product((True, False), repeat=2)
]
LLAMA = [
    LlamaConfig(49152, length, 576, 9, heads, 30, 1536, tie_head=tied)
    for length, heads, tied in itertools.product(
        (64, 131072), (1, 3, 9), (True, False)
    )
]
RUNS = ((1, 2, 10**6), (64, 4, 15 * 10**12))  # batch, bytes, tokens


@pytest.fixture
def show(browser, story):
    """Opens the story of the scaling dial."""
    base, _, page = story("scaling").rpartition("/")
    return lambda **how: opened(browser, base + "/", page, **how)


def built(numbers):
    """The config of the library from one of configurations.json."""
    kind = {"gpt": GPTConfig, "llama": LlamaConfig}[numbers["family"]]
    names = {field: numbers[field] for field in kind.__dataclass_fields__}
    return kind(**names)


def counted(config, batch, number_bytes, n_tokens):
    """Everything that the library counts, as texts."""
    return {
        **costs.parameters_by_part(config),
        "parameters": sum(costs.parameters_by_part(config).values()),
        "matrix_weights": sum(costs.matrix_weights(config).values()),
        "flops_per_token": costs.flops_per_token(config),
        "training_flops": costs.training_flops(config, n_tokens),
        "cache_bytes": costs.cache_bytes(
            config, batch_size=batch, number_bytes=number_bytes
        ),
        "training_bytes": sum(costs.training_bytes(config).values()),
    }


IN_THE_PAGE = """async given => {
  const c = await import(
    new URL("_static/elements/costs.js", location.href).href);
  return given.map(([config, batch, bytes, tokens]) => {
    const parts = c.parametersByPart(config);
    const weights = Object.values(c.matrixWeights(config));
    const counts = {
      ...Object.fromEntries(
        Object.entries(parts).map(([name, {value}]) => [name, value])),
      parameters: c.parameters(config).value,
      matrix_weights: weights.reduce((a, b) => a + b),
      flops_per_token: c.flopsPerToken(config).value,
      training_flops: c.trainingFlops(config, tokens).value,
      cache_bytes: c.cacheBytes(config, batch, bytes).value,
      training_bytes: c.trainingBytes(config).value,
    };
    return Object.fromEntries(Object.entries(counts).map(
      ([name, value]) => [name, value.toString()]));
  });
}"""


def test_every_count_is_the_librarys_over_a_grid(show):
    cases = list(itertools.product([*GPT, *LLAMA], RUNS))
    given = [
        [asdict(config) | {"family": payloads.family(config)}, *run]
        for config, run in cases
    ]
    with show() as (tab, _):
        for (config, run), found in zip(
            cases, tab.evaluate(IN_THE_PAGE, given), strict=True
        ):
            expected = counted(config, *run)
            assert found == {k: str(v) for k, v in expected.items()}


def test_hours_are_the_librarys(show):
    with show() as (tab, _):
        for n_flops, peak, share in ((10**18, 1e12, 0.4), (3e24, 5e15, 1)):
            found = tab.evaluate(
                """async given => {
                  const c = await import(
                    new URL("_static/elements/costs.js", location.href).href);
                  return c.trainingHours(...given).value;
                }""",
                [n_flops, peak, share],
            )
            expected = costs.training_hours(n_flops, peak, share)
            assert found == pytest.approx(expected, rel=1e-12)


FORMULAS = """() => [
  ...document.querySelectorAll("llm-scaling .formula"),
  ...document.querySelectorAll("llm-scaling .count")].map(
    element => element.innerText)"""


def value_of(formula):
    """What a formula with its numbers put in comes to."""
    plain = formula.replace(",", "").replace("·", "*")
    assert re.fullmatch(r"[\d\s*+()]+", plain), formula
    return eval(plain)


def test_formulas_with_numbers_put_in_come_to_what_is_shown(show):
    with show() as (tab, _):
        for name in ("GPT-2 XL, 1558M", "SmolLM2, 135M"):
            tab.get_by_label("Start from").select_option(name)
            checked = 0
            for text in tab.evaluate(FORMULAS):
                count, _, rest = text.partition("\n")
                formula, _, exact = text.partition(" = ")
                if rest and count != "0":  # a part: number, then formula
                    formula, exact = rest, count
                if exact.replace(",", "").isdigit():
                    value = value_of(formula)
                    assert value == int(exact.replace(",", "")), text
                    checked += 1
            assert checked >= 8


def facts(tab):
    """What the dial publishes, once its configurations are there."""
    found = "document.querySelector('llm-scaling').facts"
    tab.wait_for_function(found)
    return tab.evaluate(found)


@pytest.mark.parametrize(
    "numbers", payloads.configurations(), ids=lambda c: c["name"]
)
def test_named_configurations_are_the_librarys(show, numbers):
    config = built(numbers)
    with show() as (tab, _):
        tab.get_by_label("Start from").select_option(numbers["name"])
        found = facts(tab)
        fields = asdict(config).items()
        assert {k: v for k, v in fields if k in found}.items() <= found.items()
        expected = counted(config, 1, 2, 10**10)
        for name in ("parameters", "flops_per_token", "cache_bytes"):
            assert found[name] == expected[name]
        shown = tab.locator("llm-scaling caption").inner_text()
        assert f"{expected['parameters']:,}" in shown


def test_the_static_table_holds_the_librarys_numbers():
    high = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
    units = {"KB": 1e3, "MB": 1e6, "GB": 1e9}
    for numbers in payloads.configurations():
        config = built(numbers)
        line = re.search(rf"\| {numbers['name']} \|(.*)", BODY["static"])[1]
        n, flops, cache, kept = (x.strip() for x in line.split("|")[:4])
        expected = counted(config, 1, 2, 1)
        assert n == f"{expected['parameters']:,}"
        digits, _, exponent = flops.translate(high).partition(" · 10")
        assert float(digits) * 10 ** int(exponent) == pytest.approx(
            expected["flops_per_token"], rel=0.005
        )
        for text, name in ((cache, "cache_bytes"), (kept, "training_bytes")):
            amount, unit = text.split()
            assert float(amount) * units[unit] == pytest.approx(
                expected[name], rel=0.005
            )


def test_the_answers_of_the_tasks_are_the_librarys():
    token, untied, shared = BODY["tasks"]
    assert token["answer"] == costs.cache_bytes(GPT_CONFIG_124M, 1)
    parts = costs.parameters_by_part(replace(GPT_CONFIG_124M, tie_head=False))
    assert untied["value"] == sum(parts.values())
    one = replace(SMOLLM2_CONFIG_135M, n_kv_heads=1)
    assert shared["value"] == costs.cache_bytes(one)
    assert 3 * shared["value"] == costs.cache_bytes(SMOLLM2_CONFIG_135M)


# --- for everyone -----------------------------------------------------------


def test_by_mouse_through_all_tasks(show):
    with show() as (tab, visit):
        own = [
            size for path, size in visit.weight.items() if "elements/" in path
        ]
        assert sum(own) <= SCRIPT_LIMIT
        check = tab.get_by_role("button", name="Check this state")
        check.first.click()
        assert tab.locator(".task-said").nth(1).inner_text()[:8] == "Not yet."
        tab.get_by_label("Your answer").fill("36,864")
        tab.get_by_role("button", name="Check", exact=True).click()
        tab.get_by_label("Head shares").uncheck()
        assert tab.get_by_label("Start from").input_value() == ""
        check.first.click()
        tab.get_by_label("Start from").select_option("SmolLM2, 135M")
        slider = tab.get_by_label("Key-value heads")
        slider.click(position={"x": 5, "y": 14})
        check.last.click()
        assert tab.locator(".task.done").count() == 3
        assert visit.outside == []
        assert visit.errors == []


def test_by_keyboard_alone(show):
    with show() as (tab, visit):
        focused = "document.activeElement.id.replace(/^widget-\\w+-/, '')"

        def go_to(name):
            for _ in range(60):
                if tab.evaluate(focused) == name:
                    return
                tab.keyboard.press("Tab")
            pytest.fail(f"Tab does not reach {name}")

        before = facts(tab)
        go_to("n_layers")
        tab.keyboard.press("ArrowRight")
        after = facts(tab)
        assert after["n_layers"] == before["n_layers"] + 1
        assert after["parameters"] > before["parameters"]
        spoken = tab.locator(".announcer")
        spoken.filter(has_text=f"{after['parameters']:,} parameters").wait_for(
            state="attached"
        )
        go_to("tie_head")
        tab.keyboard.press("Space")
        assert not facts(tab)["tie_head"]
        go_to("utilisation")
        tab.keyboard.press("End")
        assert facts(tab)["hours"] < after["hours"]
        text = tab.locator("[id$=-utilisation]")
        assert text.get_attribute("aria-valuetext") == "100 %"
        assert visit.errors == []


def test_any_number_of_heads_leaves_a_possible_model(show):
    """Key-value heads always divide the heads, and the library agrees."""
    with show() as (tab, _):
        tab.get_by_label("Start from").select_option("SmolLM2, 135M")
        heads = tab.locator("[id$=-n_heads]")
        heads.focus()
        for _ in range(5):
            heads.press("ArrowRight")
            found = facts(tab)
            names = LlamaConfig.__dataclass_fields__.keys() & found.keys()
            config = LlamaConfig(**{name: found[name] for name in names})
            expected = counted(config, 1, 2, 1)
            assert found["parameters"] == expected["parameters"]
            assert found["cache_bytes"] == expected["cache_bytes"]


def test_looks_before_and_after_use_and_no_motion(show):
    with show() as (tab, _):
        assert in_all_looks(tab) == []
        tab.get_by_label("Llama").check()
        tab.get_by_role("button", name="Check this state").first.click()
        assert in_all_looks(tab) == []
        assert tab.evaluate("document.getAnimations().length") == 0


def test_without_scripts_the_table_is_readable(show):
    with show(scripts=False) as (tab, visit):
        assert tab.get_by_text("1,557,611,200").is_visible()
        assert tab.locator("input[type=range]").count() == 0
        assert visit.errors == []
