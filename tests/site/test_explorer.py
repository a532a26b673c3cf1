"""The explorer in a browser: its arithmetic against PyTorch, its draws
against scratchlm, its interface by mouse, by keys alone and without scripts,
and the files that it refuses."""

import base64
import gzip
import json
import random
import re
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import save_file
from scratchbook import models
from visiting import in_both_themes, opened

from scratchlm.generate import generate
from scratchlm.model import GPTConfig, GPTModel
from scratchlm.sampling import next_token_probabilities, sample
from scratchlm.stories import generate_stories
from scratchlm.tokenizer import BPETokenizer
from scratchlm.web import export_web
from scratchlm.weights import load_path, shipped_folder

pytestmark = pytest.mark.browser

STEPS = [100, 200, 300, 400, 500, 700, 1000, 2000, 6000]
TINY = GPTConfig(300, 12, 20, 5, 3)
END = "<|endoftext|>"


def checkpoint(step):
    folder = shipped_folder("stories")
    return load_path(folder if step == 6000 else folder / f"step-{step}")


@pytest.fixture
def place(story):
    """(base, page) of the story page."""
    base, _, page = story("explorer").rpartition("/")
    return base + "/", page


@pytest.fixture
def page(browser, place):
    """The story page, not started."""
    with opened(browser, *place) as (tab, visit):
        yield tab
        assert visit.errors == []
        assert visit.outside == []


def start(tab):
    tab.get_by_role("button", name="Start the model").click()
    settled(tab)
    return tab


def settled(tab):
    """Wait until the model has answered and nothing is being done."""
    tab.wait_for_function(
        """() => {
          const box = document.querySelector("llm-explorer .explorer");
          return box && box.getAttribute("aria-busy") !== "true"
            && document.querySelector("llm-explorer").facts;
        }"""
    )
    tab.evaluate("document.querySelector('llm-explorer').view.queue")


def facts(tab):
    return tab.evaluate("document.querySelector('llm-explorer').facts")


def press(tab, name):
    tab.get_by_role("button", name=name, exact=True).click()
    settled(tab)


def choose_example(tab, i):
    tab.get_by_label("Example prompts").select_option(str(i))
    tab.wait_for_function(
        """text => document.querySelector("llm-explorer").facts.text
             .endsWith(text)""",
        arg=tab.locator("llm-explorer textarea").input_value(),
    )
    settled(tab)


def slide(tab, name, value):
    tab.get_by_label(name, exact=True).fill(str(value))


# --- the arithmetic ---------------------------------------------------------

RUN = """
async ({file, texts}) => {
  const {readModel} = await import("./_static/elements/explorer-file.js");
  const {Session, selfTest} =
    await import("./_static/elements/explorer-model.js");
  const answer = await fetch(`./_static/models/${file}`);
  const model = await readModel(new Uint8Array(await answer.arrayBuffer()));
  const found = [];
  const going = new Session(model);
  for (const text of texts) {
    const ids = model.tokenizer.encode(text);
    const session = new Session(model);
    const logits = [...session.logits(ids)];
    // once more, in a session that has other texts and shorter ones cached
    going.logits(ids.slice(0, 3));
    const again = [...going.logits(ids)];
    found.push({ids, logits, again, maps: [...session.maps()]});
  }
  return {worst: selfTest(model), found};
}
"""


def attention_of(model, ids):
    """All weights, (L, H, T, T), by the library's own modules."""
    maps = []
    with torch.no_grad():
        x = model.embed(torch.tensor([ids]), torch.arange(len(ids)))
        for block in model.blocks:
            n = len(ids)
            qkv = block.attn.qkv(block.attn_norm(x)).chunk(3, -1)
            queries, keys, _ = (
                part.view(1, n, block.attn.n_heads, -1).transpose(1, 2)
                for part in qkv
            )
            scores = queries @ keys.mT / keys.shape[-1] ** 0.5
            future = torch.ones(n, n, dtype=torch.bool).triu(1)
            scores = scores.masked_fill(future, -torch.inf)
            maps.append(scores.softmax(-1)[0])
            x = block(x)
    return torch.stack(maps)


@pytest.mark.parametrize("step", STEPS)
def test_logits_and_attention_equal_pytorchs(page, step):
    model, tokenizer = checkpoint(step)
    stories = generate_stories(3)
    texts = [stories[0][:30], stories[1][:90], stories[2][:280]]
    texts += ["x", "Grüße, 世界! 🙂"]
    file = f"stories-{step}.safetensors.gz"
    answer = page.evaluate(RUN, {"file": file, "texts": texts})
    assert answer["worst"] < 1e-4
    for text, found in zip(texts, answer["found"], strict=True):
        assert found["ids"] == tokenizer.encode(text)
        with torch.no_grad():
            expected = model(torch.tensor([found["ids"]]))[0, -1]
        assert (torch.tensor(found["logits"]) - expected).abs().max() < 1e-4
        assert (torch.tensor(found["again"]) - expected).abs().max() < 1e-4
        maps = attention_of(model, found["ids"])
        ours = torch.tensor(found["maps"]).view(maps.shape)
        assert (ours - maps).abs().max() < 1e-4
        assert (ours.sum(-1) - 1).abs().max() < 1e-5


def strings(n):
    """Stories, all kinds of signs, and what splits words."""
    random.seed(0)
    texts = [s[:60] for s in generate_stories(n // 2, seed=5)]
    signs = "aé\u0300ß'  \n\t\r\u00a0\u0085\ufeff\u2028.,!?0١²Ⅷ中🙂\u200d’"
    while len(texts) < n:
        texts.append("".join(random.choices(signs + "the'll", k=24)))
    return texts


def test_ids_equal_pythons_on_200_strings(page):
    _, tokenizer = checkpoint(6000)
    texts = [*strings(198), "", END]
    found = page.evaluate(
        """async texts => {
          const {readModel} =
            await import("./_static/elements/explorer-file.js");
          const answer =
            await fetch("./_static/models/stories-6000.safetensors.gz");
          const {tokenizer} =
            await readModel(new Uint8Array(await answer.arrayBuffer()));
          return texts.map(text => tokenizer.encode(text));
        }""",
        texts,
    )
    for text, ids in zip(texts, found, strict=True):
        assert ids == tokenizer.encode(text, disallowed_special=()), text


# --- the draws --------------------------------------------------------------


def uniform(seed, position):
    """What explorer-sampling.js says of its random numbers, in Python."""
    mask = 2**32 - 1
    x = (seed + (position + 1) * 0x9E3779B9) & mask
    x = (x ^ x >> 16) * 0x7FEB352D & mask
    x = (x ^ x >> 15) * 0x846CA68B & mask
    return (x ^ x >> 16) / 2**32


def test_random_numbers_are_those_documented_and_even(page):
    found = page.evaluate(
        """async () => {
          const {uniform} =
            await import("./_static/elements/explorer-sampling.js");
          const at = (_, i) => uniform(i % 7 * 2 ** 29 + 5, i);
          return Array.from({length: 4000}, at);
        }"""
    )
    expected = [uniform(i % 7 * 2**29 + 5, i) for i in range(4000)]
    assert found == expected
    assert abs(sum(found) / 4000 - 0.5) < 0.02
    assert len(set(found)) == 4000


SETTINGS = [
    {},
    {"temperature": 0.3},
    {"temperature": 2.0, "top_k": 7},
    {"top_p": 0.6},
    {"temperature": 1.5, "top_k": 20, "top_p": 0.35},
    {"top_p": 0.01},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_probabilities_and_draws_are_scratchlms(page, settings):
    logits = (
        torch.randn(40, 97, generator=torch.Generator().manual_seed(3)) * 2
    )
    logits[:, 5] = logits[:, 11]  # ties
    points = [uniform(1, i) for i in range(len(logits))]
    found = page.evaluate(
        """async ({rows, points, settings}) => {
          const {distribution, draw, rank} =
            await import("./_static/elements/explorer-sampling.js");
          return rows.map((row, i) => {
            const logits = Float32Array.from(row);
            const {chances} = distribution(logits, rank(logits), settings);
            return {chances: [...chances], id: draw(chances, points[i])};
          });
        }""",
        {
            "rows": logits.tolist(),
            "points": points,
            "settings": {
                "temperature": settings.get("temperature", 1),
                "topK": settings.get("top_k", 0),
                "topP": settings.get("top_p", 1),
            },
        },
    )
    chances = next_token_probabilities(logits, **settings)
    ours = torch.tensor([row["chances"] for row in found])
    assert (ours - chances).abs().max() < 1e-6
    drawn = sample(chances, torch.tensor(points, dtype=torch.float64))
    assert [row["id"] for row in found] == drawn.tolist()


def test_a_seed_writes_what_the_library_would(page):
    """Token by token, through the interface."""
    model, tokenizer = checkpoint(6000)
    start(page)
    choose_example(page, 1)
    slide(page, "Temperature", 1.5)
    page.get_by_label("Seed").fill("7")
    text = facts(page)["text"]
    ids = [tokenizer.special_tokens[END]]
    ids += tokenizer.encode(text.removeprefix(END))
    press(page, "Add 40 tokens")
    end = tokenizer.special_tokens[END]
    while len(ids) == 1 or (ids[-1] != end and len(ids) < 96):
        with torch.no_grad():
            logits = model(torch.tensor([ids]))[0, -1]
        chances = next_token_probabilities(logits, temperature=1.5)
        ids.append(sample(chances, uniform(7, len(ids))).item())
        if len(ids) == facts(page)["tokens"]:
            break
    assert facts(page)["text"] == tokenizer.decode(ids)


def test_greedy_writes_what_the_library_writes(page):
    model, tokenizer = checkpoint(6000)
    start(page)
    page.get_by_label("greedy").check()
    before = facts(page)["text"]
    end = tokenizer.special_tokens[END]
    ids = [end, *tokenizer.encode(before.removeprefix(END))]
    press(page, "Add 40 tokens")
    (new,) = generate(model, [ids], 40, temperature=0.0, stop_ids=[end])
    made = facts(page)["text"].removeprefix(before).removesuffix(END)
    assert made == tokenizer.decode([i for i in new if i != end])


# --- the interface, by mouse ------------------------------------------------


def test_nothing_is_loaded_before_the_click(browser, place):
    with opened(browser, *place) as (tab, visit):
        ours = {p: n for p, n in visit.weight.items() if "explorer" in p}
        assert not [p for p in visit.weight if "safetensors" in p]
        assert sum(n for p, n in ours.items() if p.endswith(".js")) < 4000
        assert tab.get_by_role("button", name="(1.9 MB)").is_visible()
        assert tab.locator("llm-explorer .widget-static").is_visible()


def test_probabilities_appear_and_a_click_adds_the_token(page):
    start(page)
    assert not page.locator("llm-explorer .widget-static").is_visible()
    bars = page.locator("llm-explorer .next-list button")
    assert bars.count() == 10
    assert bars.first.inner_text().split()[0] == "␣mole"
    assert "Self-test: the logits agree" in page.locator(".about").inner_text()
    before = facts(page)
    bars.nth(2).click()
    page.wait_for_function(
        "n => document.querySelector('llm-explorer').facts.tokens === n",
        arg=before["tokens"] + 1,
    )
    settled(page)
    chips = page.locator("llm-explorer .token")
    assert chips.count() == facts(page)["tokens"] == before["tokens"] + 1
    assert chips.last.get_attribute("data-made") == "true"


def test_undo_takes_back_and_the_seed_brings_the_same_again(page):
    start(page)
    choose_example(page, 1)
    slide(page, "Temperature", 2)
    before = facts(page)["text"]
    press(page, "Add 1 token")
    press(page, "Add 40 tokens")
    long = facts(page)["text"]
    press(page, "Undo")
    middle = facts(page)["text"]
    assert before < middle < long
    press(page, "Add 40 tokens")
    assert facts(page)["text"] == long
    press(page, "Clear")
    assert facts(page)["text"] == before
    page.get_by_label("Seed").fill("2")
    press(page, "Add 40 tokens")
    assert facts(page)["text"] != long


def test_generation_stops_on_request(page):
    start(page)
    slide(page, "Temperature", 2)
    page.evaluate(
        """() => {
          const view = document.querySelector("llm-explorer").view;
          const stop = [...document.querySelectorAll("llm-explorer button")]
            .find(button => button.textContent === "Stop");
          // a hand is too slow for a model of two milliseconds a token
          const run = view.run;
          view.run = async function (...how) {
            await run.apply(this, how);
            if (this.made.length === 3) stop.click();
          };
          view.act(() => view.generate(40));
        }"""
    )
    settled(page)
    made = page.locator(".token[data-made=true]").count()
    assert made == 3


def test_a_full_context_and_a_long_prompt_are_told_in_words(page):
    start(page)
    prompt = page.locator("llm-explorer textarea")
    prompt.fill("and so " * 100)
    alert = page.locator("llm-explorer [role=alert]")
    alert.filter(has_text="this model's context holds 96").wait_for()
    assert page.locator("llm-explorer .next-list button").count() == 0
    prompt.fill("the " * 80)
    page.wait_for_function(
        "document.querySelector('llm-explorer').facts.tokens > 70"
    )
    settled(page)
    assert alert.inner_text() == ""
    press(page, "Add 40 tokens")
    status = page.locator("llm-explorer .explorer-status").last
    assert "96 of 96 tokens" in status.inner_text()
    assert "the context is full" in status.inner_text()


def test_earlier_checkpoints_show_copying_appear_at_once(page):
    twin = page.locator(".widget-static table").first.inner_text()
    start(page)
    page.get_by_role("button", name="Ask all 9").click()
    rows = page.locator("llm-explorer .visits tbody tr")
    rows.nth(8).wait_for(timeout=60_000)
    settled(page)
    found = [row.split() for row in rows.all_inner_texts()]
    best = {int(r[-4].replace(",", "")): r for r in map(padded, found)}
    assert [*best] == STEPS
    animals = {step: row[-3] for step, row in best.items()}
    assert [s for s in STEPS if animals[s] == "␣mole"] == STEPS[3:]
    share = {s: float(row[-2]) for s, row in best.items()}
    assert share[300] < 30
    assert share[400] > 80
    # what is printed without scripts are the same numbers
    printed = re.findall(r"([\d,]+)\s+(␣\w+)\s+([>\d. ]+%)", twin)
    live = page.locator("llm-explorer .visits tbody").inner_text()
    assert printed == re.findall(r"([\d,]+)\s+(␣\w+)\s+([>\d. ]+%)", live)


def padded(row):
    """[steps, token, number, "%"], without marks before any of them."""
    return [word for word in row if word not in "▸><"]


def test_tasks_are_checked(page):
    start(page)
    done = page.locator("llm-explorer .task.done")
    check = page.locator("llm-explorer .task button")
    check.nth(1).click()
    assert "Not yet" in page.locator(".task-said").nth(1).inner_text()
    page.get_by_role("button", name="L1 H2").click()
    check.nth(1).click()
    page.get_by_role("textbox", name="Your answer").fill("400")
    check.nth(0).click()
    choose_example(page, 1)
    slide(page, "Temperature", 0.3)
    check.nth(2).click()
    assert done.count() == 3
    slide(page, "Temperature", 1)
    slide(page, "Top-p", 0.95)
    check.nth(3).click()
    assert done.count() == 3
    slide(page, "Top-p", 0.87)
    check.nth(3).click()
    assert done.count() == 4
    assert "3 of 1,024" in page.locator("llm-explorer .kept").inner_text()
    assert page.locator("llm-explorer .next.cut").count() == 7


def test_a_click_on_the_map_names_the_cell(page):
    start(page)
    page.get_by_role("button", name="L1 H2").click()
    readout = page.locator("llm-explorer .map-readout")
    assert "␣the (position 44) looks at ␣mole (position 31): 0.8" in (
        readout.inner_text()
    )
    box = page.locator("llm-explorer canvas.map").bounding_box()
    page.locator("llm-explorer canvas.map").click(
        position={"x": box["width"] * 0.3, "y": box["height"] * 0.6}
    )
    assert "(position 44) looks" not in readout.inner_text()
    page.locator("llm-explorer .explorer summary").click()
    table = page.locator("llm-explorer .table-frame tbody tr")
    table.first.wait_for()  # the table is filled when "toggle" is told
    weights = [float(t.split()[-1]) for t in table.all_inner_texts()]
    assert abs(sum(weights) - 1) < 0.02


# --- by keys alone ----------------------------------------------------------


def tab_to(tab, selector, limit=90):
    """Press Tab until what has the focus matches; it must be visible."""
    for _ in range(limit):
        tab.keyboard.press("Tab")
        if tab.evaluate("s => document.activeElement.matches(s)", selector):
            outline = tab.evaluate(
                "getComputedStyle(document.activeElement).outlineStyle"
            )
            assert outline == "solid"
            return
    raise AssertionError(f"Tab never reached {selector}")


def test_everything_by_keys_alone(page):
    tab_to(page, "llm-explorer .start")
    page.keyboard.press("Enter")
    settled(page)
    assert page.evaluate("document.activeElement.matches('textarea')")
    n = facts(page)["tokens"]
    tab_to(page, ".tools button")
    page.keyboard.press("Enter")
    page.wait_for_function(
        "n => document.querySelector('llm-explorer').facts.tokens === n",
        arg=n + 1,
    )
    settled(page)
    tab_to(page, ".next-list button")
    page.keyboard.press("Space")
    page.wait_for_function(
        "n => document.querySelector('llm-explorer').facts.tokens === n",
        arg=n + 2,
    )
    settled(page)
    assert page.evaluate("document.activeElement.matches('.next-list button')")
    tab_to(page, "input[aria-label='Training steps']")
    page.keyboard.press("ArrowLeft")
    page.wait_for_function(
        "document.querySelector('llm-explorer').facts.step === 2000"
    )
    settled(page)
    tab_to(page, ".small-head[aria-label^='L1 H2']")
    page.keyboard.press("Enter")
    tab_to(page, "canvas.map")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowRight")
    page.locator(".announcer").filter(
        has_text=re.compile(r"'.+' looks at 'Zuri' 0\.\d\d")
    ).wait_for(state="attached")
    readout = page.locator(".map-readout").inner_text()
    assert f"(position {n + 1}) looks at Zuri (position 2)" in readout


@pytest.mark.parametrize("width", [1280, 390])
def test_targets_are_at_least_24_pixels(browser, place, width):
    with opened(browser, *place, width=width) as (tab, _):
        start(tab)
        small = tab.evaluate(
            """() => [...document.querySelectorAll(
                "llm-explorer :is(button, input, select, textarea, summary)")]
              .filter(e => e.offsetParent)
              .map(e => e.type === "checkbox" ? e.closest("label") : e)
              .map(e => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
              .filter(([, r]) => r.width < 24 || r.height < 24)
              .map(([text]) => text)"""
        )
        assert small == []


# --- the files on the site --------------------------------------------------


def built(folder, page, builder="html"):
    """A stand-in for Sphinx, whose build of one page has just ended."""
    (folder / "page.html").write_text(page)
    builder = SimpleNamespace(name=builder)
    return SimpleNamespace(builder=builder, outdir=str(folder))


def test_only_a_site_with_an_explorer_gets_the_models(tmp_path, monkeypatch):
    written = []
    monkeypatch.setattr(models, "export", written.append)
    models.export_if_used(built(tmp_path, "<p>no model</p>"), None)
    page = "<llm-explorer></llm-explorer>"
    models.export_if_used(built(tmp_path, page, "epub"), None)
    models.export_if_used(built(tmp_path, page), RuntimeError("stopped"))
    assert written == []
    models.export_if_used(built(tmp_path, page), None)
    assert written == [tmp_path / "_static" / "models"]


def test_the_list_names_every_checkpoint_with_its_size(page):
    listed = page.evaluate(
        """async () => {
          const answer = await fetch("./_static/models/stories.json");
          const {checkpoints} = await answer.json();
          for (const one of checkpoints) {
            const file = await fetch(`./_static/models/${one.file}`);
            one.found = (await file.arrayBuffer()).byteLength;
          }
          return checkpoints;
        }"""
    )
    assert [one["step"] for one in listed] == STEPS
    assert all(one["bytes"] == one["found"] < 2_000_000 for one in listed)


# --- for everybody ----------------------------------------------------------


def test_without_scripts_its_numbers_can_be_read(browser, place):
    with opened(browser, *place, scripts=False) as (tab, _):
        static = tab.locator("llm-explorer .widget-static")
        assert static.is_visible()
        rows = static.locator("table").first.locator("tbody tr")
        assert rows.count() == len(STEPS)
        assert "␣mole" in rows.nth(3).inner_text()
        assert static.locator("table").nth(1).locator("tbody tr").count() == 5
        assert tab.locator("llm-explorer button").count() == 0


@pytest.mark.parametrize("width", [1280, 390])
def test_accessible_before_and_after_use(browser, place, width):
    with opened(browser, *place, width) as (tab, _):
        assert in_both_themes(tab) == []
        start(tab)
        press(tab, "Add 1 token")
        slide(tab, "Top-k", 3)
        tab.get_by_role("button", name="L1 H2").click()
        tab.locator("llm-explorer .explorer summary").click()
        assert in_both_themes(tab) == []
        assert tab.evaluate("document.getAnimations().length") == 0


def test_the_map_follows_the_theme(page):
    start(page)
    at = "() => document.querySelector('canvas.map').toDataURL()"
    light = page.evaluate(at)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.wait_for_function(f"was => ({at})() !== was", arg=light)


def longest_task(trace):
    """Milliseconds of processor time of the page's longest task.

    Processor time, since other programs may share the processors.
    """
    events = json.loads(trace)["traceEvents"]
    pages = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name"
        and event["args"]["name"] == "CrRendererMain"
    }
    tasks = [
        event["tdur"] / 1000
        for event in events
        if (event["pid"], event["tid"]) in pages
        and event["name"] == "RunTask"
        and "tdur" in event
    ]
    assert len(tasks) > 50
    return max(tasks)


@pytest.mark.parametrize("busy", [False, True])
def test_the_page_never_waits_for_the_model(browser, place, busy):
    """Starting and writing take no task over 50 ms; a busy loop is seen."""
    with opened(browser, *place) as (tab, _):
        categories = ["disabled-by-default-devtools.timeline"]
        browser.start_tracing(page=tab, categories=categories)
        try:
            start(tab)
            press(tab, "Add 40 tokens")
            if busy:
                tab.evaluate(
                    """() => new Promise(resolve => setTimeout(() => {
                      const end = performance.now() + 1500;  // others run too
                      while (performance.now() < end);
                      setTimeout(resolve);  // when this task is in the trace
                    }))"""
                )
        finally:
            trace = browser.stop_tracing()
        assert (longest_task(trace) > 50) == busy


# --- files of the reader's ---------------------------------------------------


@pytest.fixture(scope="module")
def tiny():
    torch.manual_seed(0)
    model = GPTModel(replace(TINY, tie_head=False)).eval()
    tokenizer = BPETokenizer.train("the sea, the sand and the sky " * 3, 280)
    return model, tokenizer


@pytest.fixture(scope="module")
def sound(tiny, tmp_path_factory):
    """The bytes of a small sound file, not compressed."""
    path = tmp_path_factory.mktemp("web") / "tiny.safetensors"
    export_web(*tiny, path, prompt="the sea")
    return path.read_bytes()


def load_own(tab, content, name="mine.safetensors"):
    tab.locator("llm-explorer input[type=file]").last.set_input_files(
        {"name": name, "mimeType": "", "buffer": content}
    )


def test_a_file_of_the_readers_runs(page, sound):
    start(page)
    load_own(page, gzip.compress(sound), "tiny.safetensors.gz")
    about = page.locator("llm-explorer .about")
    about.filter(has_text="tiny: 3 layers").wait_for()
    alert = page.locator("llm-explorer [role=alert]")
    alert.filter(has_text="context holds 12").wait_for()
    page.locator("llm-explorer textarea").fill("the sea")
    page.locator("llm-explorer .next-list button").first.wait_for()
    settled(page)
    assert facts(page)["step"] is None
    assert page.locator("llm-explorer .small-head").count() == 15
    assert "logits agree" in about.inner_text()
    press(page, "Add 40 tokens")
    assert facts(page)["tokens"] == 12


def test_a_long_context_runs_without_its_attention(page, tiny, tmp_path):
    _, tokenizer = tiny
    model = GPTModel(replace(TINY, context_length=300)).eval()
    export_web(model, tokenizer, tmp_path / "long.safetensors")
    start(page)
    load_own(page, (tmp_path / "long.safetensors").read_bytes())
    page.locator("llm-explorer .about").filter(has_text="of 300").wait_for()
    page.locator("llm-explorer textarea").fill("x" * 250)
    status = page.locator("llm-explorer .explorer-status")
    status.filter(has_text="too much to draw their attention").wait_for()
    settled(page)
    assert not page.locator("llm-explorer canvas.map").is_visible()
    press(page, "Add 1 token")
    assert facts(page)["tokens"] == 251
    page.locator("llm-explorer textarea").fill("xyz")
    page.locator("llm-explorer canvas.map").wait_for()


def test_a_file_can_be_loaded_instead_of_the_courses(page, sound):
    load_own(page, sound)
    page.locator("llm-explorer .explorer").wait_for()
    about = page.locator("llm-explorer .about").inner_text()
    assert about.startswith("tiny: 3 layers of 5 heads")


def changed_header(content, change):
    """The file with `change(header)` made to its header."""
    end = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:end])
    change(header)
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + content[end:]


def about_changed(**changes):
    def change(header):
        about = json.loads(header["__metadata__"]["scratchlm"])
        for key, value in changes.items():
            about[key] = about[key] | value if key == "config" else value
        header["__metadata__"]["scratchlm"] = json.dumps(about)

    return lambda content: changed_header(content, change)


def without_a_tensor(content):
    return changed_header(content, lambda h: h.pop("transformer.wpe.weight"))


def with_nan(content):
    end = 8 + int.from_bytes(content[:8], "little")
    return content[:end] + b"\xff\xff\xff\x7f" + content[end + 4 :]


def rules(merges):
    return {
        "format": "scratchlm BPE 1",
        "byte_order": [*range(256)],
        "merges": merges,
        "special_tokens": [],
    }


DAMAGE = {
    "empty": (lambda c: b"", "no model file"),
    "a picture": (lambda c: b"\x89PNG\r\n\x1a\n" + bytes(90), "no model file"),
    "text": (lambda c: b"hello, this is text, not a model", "no model file"),
    "cut in the header": (lambda c: c[:200], "cut short"),
    "cut in the tensors": (lambda c: c[:-5000], "cut short or damaged"),
    "cut when packed": (lambda c: gzip.compress(c)[:900], "gzip"),
    "a broken header": (
        lambda c: c[:20] + b"\xff\xfe" + c[22:],
        "header is damaged",
    ),
    "no tokenizer": (
        lambda c: changed_header(c, lambda h: h.pop("__metadata__")),
        "not the sizes and the tokenizer",
    ),
    "another version": (about_changed(format="x 9"), "format is x 9"),
    "a wrong size": (about_changed(config={"n_layers": 0}), "n_layers=0"),
    "odd heads": (about_changed(config={"n_heads": 3}), "multiple"),
    "a wrong shape": (
        about_changed(config={"emb_dim": 40}),
        "wte.weight is I8 of shape",
    ),
    "merges of nothing": (
        about_changed(tokenizer=rules([[1, 999]])),
        "damaged: merge 0 joins the ids 1 and 999",
    ),
    "a larger tokenizer": (
        about_changed(tokenizer=rules([[1, i] for i in range(90)])),
        "346 ids, the model only 300",
    ),
    "a missing tensor": (without_a_tensor, "wpe.weight is missing"),
    "infinite numbers": (with_nan, "infinite or undefined"),
}

READ = """
async text => {
  const {readModel, Refusal} =
    await import("./_static/elements/explorer-file.js");
  const bytes = Uint8Array.from(atob(text), sign => sign.charCodeAt(0));
  try {
    return `read ${(await readModel(bytes)).name}`;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return error.message;
  }
}
"""


def test_damaged_and_foreign_files_are_refused_in_words(page, sound):
    def read(content):
        return page.evaluate(READ, base64.b64encode(content).decode())

    assert read(sound) == "read tiny"
    for name, (damage, words) in DAMAGE.items():
        said = read(damage(sound))
        assert words in said, f"{name}: {said}"
        assert said.endswith((".", "FILE")), said


def test_a_plain_checkpoint_says_how_to_make_a_file(page, tmp_path):
    start(page)
    before = facts(page)
    save_file({"x": torch.zeros(3, 5)}, tmp_path / "model.safetensors")
    load_own(page, (tmp_path / "model.safetensors").read_bytes())
    alert = page.locator("llm-explorer [role=alert]")
    alert.filter(has_text="python -m scratchlm.web CHECKPOINT").wait_for()
    settled(page)
    assert facts(page) == before  # the model from before still runs
    press(page, "Add 1 token")
    assert facts(page)["tokens"] == before["tokens"] + 1


def test_a_model_that_does_not_come_is_told_and_can_be_tried_again(
    browser, place
):
    with opened(browser, *place) as (tab, _):
        tab.route("**/*.safetensors.gz", lambda route: route.abort())
        tab.get_by_role("button", name="Start the model").click()
        status = tab.locator("llm-explorer .explorer-status")
        status.filter(has_text="could not be fetched").wait_for()
        tab.unroute("**/*.safetensors.gz")
        start(tab)
        assert facts(tab)["best"] == "mole"


def test_a_bad_file_first_leaves_the_start_button(page):
    load_own(page, b"this is not a model, only a text")
    status = page.locator("llm-explorer .explorer-status")
    status.filter(has_text="no model file").wait_for()
    start(page)
    assert facts(page)["best"] == "mole"
