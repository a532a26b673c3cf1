"""The models that ship: they load, are small, and can do what is said.

Bands, not digits: the chapters' numbers may move in the last place from
processor to processor, a model that forgot the animal is far outside.
"""

import csv
import math
from pathlib import Path

import pytest

from scratchlm.corpus import documents_of, is_held_out
from scratchlm.evaluate import bits_per_byte, evaluate_loss
from scratchlm.stories import generate_stories, score_stories
from scratchlm.train import document_batches, read_config, sample_documents
from scratchlm.weights import load_pretrained, shipped_folder
from scratchlm.windows import sliding_windows

STEPS = [100, 200, 300, 400, 500, 700, 1000, 2000]
RECIPES = shipped_folder("stories").parent.parent / "recipes"


@pytest.fixture(scope="module")
def scores():
    """{step: StoryScore of 32 sampled stories}"""
    found = {}
    for step in (200, 400, 6000):
        folder = shipped_folder("stories") / f"step-{step}"
        source = "stories" if step == 6000 else folder
        model, tokenizer, _ = load_pretrained(source)
        found[step] = score_stories(
            sample_documents(model, tokenizer, 32, seed=5)
        )
    return found


def test_the_last_checkpoint_tells_whole_and_consistent_stories(scores):
    assert scores[6000].share_parsed > 0.85
    assert scores[6000].share_same_animal > 0.8
    assert scores[6000].share_same_name > 0.8


def test_grammar_comes_first_and_copying_late_and_suddenly(scores):
    assert scores[200].share_sentences_parsed > 0.7
    assert scores[200].share_same_animal < 0.1
    assert scores[400].share_same_animal > 0.1


def test_the_loss_falls_with_every_checkpoint_and_nears_the_entropy():
    known = frozenset(documents_of("stories", 50_000))
    fresh = generate_stories(40, seed=9, exclude=known)
    losses = []
    for source in [*(f"step-{step}" for step in STEPS), "."]:
        model, tokenizer, _ = load_pretrained(
            shipped_folder("stories") / source
        )
        end_id = tokenizer.special_tokens["<|endoftext|>"]
        ids = [
            token_id
            for story in fresh
            for token_id in (*tokenizer.encode(story), end_id)
        ]
        total, n_targets = evaluate_loss(
            model, document_batches(as_array(ids), end_id, 8, 96)
        )
        losses.append(total / n_targets)
    assert losses[0] > 1.0
    assert losses[-1] < 0.56
    assert losses[-1] == min(losses)


def as_array(ids):
    return sliding_windows([*ids, 0], 1, 1)[0].flatten().numpy()


def test_austen_knows_chapters_that_it_has_not_read():
    model, tokenizer, origin = load_pretrained("austen")
    assert "austen" in origin
    chapter = next(
        text for text in documents_of("austen") if is_held_out(text, 0.05)
    )
    part = chapter[:8_000]
    ids = tokenizer.encode(part)
    n = len(ids) - (len(ids) - 1) % 256
    inputs, targets = sliding_windows(ids[:n], 256, 256)
    total, n_targets = evaluate_loss(model, [(inputs, targets)])
    n_characters = len(tokenizer.decode(ids[1:n]))
    assert bits_per_byte(total, n_characters) < 1.5
    assert total / n_targets < math.log(2048) / 2


@pytest.mark.parametrize("name", ["stories", "austen"])
def test_a_model_is_small_and_its_recipe_is_its_own(name):
    folder = shipped_folder(name)
    assert (folder / "model.safetensors").stat().st_size < 5_000_000
    config = read_config(RECIPES / f"{name}.toml")
    model = load_pretrained(name).model
    sizes = {"drop_rate": 0.0, **config["model"]}
    assert {key: getattr(model.config, key) for key in sizes} == sizes
    with (folder / "log.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert int(rows[-1]["step"]) == config["training"]["n_steps"]


def test_the_kept_checkpoints_are_those_of_the_recipe():
    config = read_config(RECIPES / "stories.toml")
    kept = {p.name for p in Path(shipped_folder("stories")).glob("step-*")}
    assert kept == {f"step-{step}" for step in config["training"]["keep"]}
    assert config["training"]["keep"] == STEPS
