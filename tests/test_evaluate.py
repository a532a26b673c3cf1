"""Evaluation: sums over the text, whatever the batches are."""

import math

import pytest
import torch

from scratchlm.data import evaluation_batches
from scratchlm.evaluate import (
    accuracy,
    bits_per_byte,
    evaluate_loss,
    perplexity,
)
from scratchlm.model import GPTConfig, GPTModel, evaluating
from scratchlm.windows import IGNORE_INDEX


@pytest.fixture
def model():
    torch.manual_seed(0)
    config = GPTConfig(97, 12, 24, 3, 2, drop_rate=0.5)
    return GPTModel(config).double()


def test_a_ragged_last_batch_weighs_by_its_tokens(model):
    ids = torch.arange(90) % 97
    found = [
        evaluate_loss(model, evaluation_batches(ids, batch_size, 12))
        for batch_size in (1, 3, 5)
    ]
    model.eval()
    expected = sum(
        torch.nn.functional.cross_entropy(
            model(x)[0], y[0], reduction="sum"
        ).item()
        for x, y in evaluation_batches(ids, 1, 12)
    )
    for total, n_targets in found:
        assert n_targets == 89
        assert total == pytest.approx(expected, abs=1e-9)


def test_a_mean_over_batches_would_be_another_number(model):
    ids = torch.arange(90) % 97
    each = [
        evaluate_loss(model, [batch])
        for batch in evaluation_batches(ids, 3, 12)
    ]
    means = sum(total / n for total, n in each) / len(each)
    total, n = map(sum, zip(*each, strict=True))
    assert means != pytest.approx(total / n, abs=1e-6)


def test_dropout_is_off_and_every_mode_comes_back(model):
    batches = list(evaluation_batches(torch.arange(40), 3, 12))
    model.train()
    model.blocks[0].eval()  # frozen on purpose
    assert evaluate_loss(model, batches) == evaluate_loss(model, batches)
    assert model.training
    assert not model.blocks[0].training


def test_the_mode_comes_back_after_an_error(model):
    with pytest.raises(ValueError, match="context_length"):
        evaluate_loss(model, [(torch.zeros(1, 13).long(),) * 2])
    assert model.training
    with pytest.raises(KeyError), evaluating(model):
        raise KeyError
    assert model.training


def test_no_target_at_all_is_refused(model):
    targets = torch.full((2, 5), IGNORE_INDEX)
    with pytest.raises(ValueError, match="no target"):
        evaluate_loss(model, [(torch.zeros(2, 5).long(), targets)])


def test_uniform_guessing_has_the_vocabulary_as_perplexity():
    assert perplexity(7 * math.log(97), 7) == pytest.approx(97)


def test_bits_per_byte_do_not_depend_on_the_tokenizer():
    """Half as many tokens, each twice as surprising."""
    fine, coarse = 40 * 0.5, 20 * 1.0
    assert bits_per_byte(fine, 60) == bits_per_byte(coarse, 60)
    assert perplexity(fine, 40) != perplexity(coarse, 20)


def test_accuracy_needs_an_answer_for_each_prediction():
    assert accuracy([1, 2, 3, 4], [1, 0, 3, 0]) == 0.5
    with pytest.raises(ValueError, match="1 predictions for 2 answers"):
        accuracy([1], [1, 2])
    with pytest.raises(ValueError, match="at least one"):
        accuracy([], [])
