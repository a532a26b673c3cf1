"""Beam search: exhaustive search and `transformers` as oracles, then a chain
whose optimum is known and that greedy generation misses."""

import math
from itertools import product

import pytest
import torch
from test_generate import PROMPTS, Markov, as_transformers, gpt, llama, spread

from scratchlm.beam import Beam, beam_search, best_entries
from scratchlm.generate import generate
from scratchlm.model import GPTConfig, GPTModel

PENALTIES = pytest.mark.parametrize("penalty", [-0.5, 0.0, 0.6, 1.0, 2.5])


@pytest.fixture(scope="module", params=[gpt, llama], ids=["gpt", "llama"])
def model(request):
    return request.param()


def chain(*rows):
    """A Markov model from the probabilities of the next id after each."""
    return Markov(torch.tensor(rows, dtype=torch.float64).log())


def random_chain(n, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return Markov(torch.randn(n, n, generator=generator).double())


def sums(model, prompt, texts):
    """The sum of ln p of each text after the prompt; all of one length."""
    ids = torch.tensor([prompt + list(text) for text in texts])
    new = ids[:, len(prompt) :]  # (N, n)
    with torch.no_grad():
        log_probabilities = model(ids).log_softmax(-1)  # (N, T, V)
    before = log_probabilities[:, len(prompt) - 1 : -1]  # (N, n, V)
    return before.gather(-1, new[..., None]).sum((1, 2)).tolist()


def exhaustive(model, prompt, n, stop_ids):
    """Every text there is: [(sum of ln p, length, ids without stop id)]."""
    ids = range(model.config.vocab_size)
    going_on = [i for i in ids if i not in stop_ids]
    found = []
    for length in range(1, n + 1):
        last = ids if length == n else stop_ids
        texts = list(product(*[going_on] * (length - 1), last))
        for text, total in zip(
            texts, sums(model, prompt, texts) if texts else [], strict=True
        ):
            stopped = text[-1] in stop_ids
            found.append((total, length, list(text[: length - stopped])))
    return found


def ranking(scored):
    """[(score, ids)], best first, for scores that rounding may tie."""
    return sorted(((round(score, 9), ids) for score, ids in scored))[::-1]


# --- exhaustive search -----------------------------------------------------


@pytest.mark.parametrize("stop_ids", [[], [2], [3, 1]])
@pytest.mark.parametrize("kind", ["chain", "gpt"])
def test_enough_beams_are_an_exhaustive_search(kind, stop_ids):
    """With attention the cache must follow beams that change places."""
    model = random_chain(5)
    if kind == "gpt":
        model = spread(GPTModel(GPTConfig(5, 12, 12, 3, 2)))
    texts = exhaustive(model, [3, 0], 4, stop_ids)
    assert sum(math.exp(total) for total, _, _ in texts) == pytest.approx(1)
    for penalty in (-0.5, 0.0, 0.6, 1.0, 2.5):
        expected = [(total / n**penalty, ids) for total, n, ids in texts]
        found = beam_search(model, [3, 0], 4, 5**4, stop_ids, penalty)
        assert ranking((b.score, b.token_ids) for b in found) == ranking(
            expected
        )


# --- laws ------------------------------------------------------------------


@pytest.mark.parametrize("stop_ids", [(), range(0, 97, 5)])
def test_one_beam_is_greedy_generation(model, stop_ids):
    for prompt in PROMPTS:
        (beam,) = beam_search(model, prompt, 17, 1, stop_ids)
        assert [beam.token_ids] == generate(
            model, prompt, 17, stop_ids=stop_ids
        )


def test_log_probabilities_are_those_of_one_full_pass(model):
    for beam in beam_search(model, PROMPTS[0], 12, 5):
        expected = sums(model, PROMPTS[0], [beam.token_ids])[0]
        assert beam.log_probability == pytest.approx(expected, rel=1e-12)
        assert beam.score == beam.log_probability


@PENALTIES
def test_beams_come_best_first_and_differ(model, penalty):
    found = beam_search(model, PROMPTS[2], 10, 7, range(50), penalty)
    scores = [beam.score for beam in found]
    assert scores == sorted(scores, reverse=True)
    assert len({(*b.token_ids, b.log_probability) for b in found}) == 7


def test_scores_divide_by_a_length_that_counts_the_stop_id():
    model = chain([0.1, 0.9, 0.0], [0.0, 0.2, 0.8], [1.0, 0.0, 0.0])
    best, *_ = beam_search(model, [0], 3, 3, [2], length_penalty=2.0)
    assert best.token_ids == [1]
    assert best.log_probability == pytest.approx(math.log(0.9 * 0.8))
    assert best.score == pytest.approx(math.log(0.9 * 0.8) / 2**2)


# --- known optima ----------------------------------------------------------


def test_beam_search_finds_what_greedy_generation_misses():
    model = chain(
        [0.0, 0.6, 0.4, 0.0, 0.0],
        [0.2, 0.2, 0.2, 0.2, 0.2],  # the likely beginning leads nowhere
        [0.0, 0.0, 0.0, 1.0, 0.0],
        [0.0, 0.0, 0.0, 0.0, 1.0],
        [0.0, 0.0, 0.0, 0.0, 1.0],
    )
    (greedy,) = generate(model, [0], 3)
    assert greedy[0] == 1
    best, second = beam_search(model, [0], 3, n_beams=2)
    assert best.token_ids == [2, 3, 4]
    assert math.exp(best.score) == pytest.approx(0.4)
    assert math.exp(second.score) == pytest.approx(0.6 * 0.2)
    assert math.exp(sums(model, [0], [greedy])[0]) < 0.4


def test_without_a_penalty_short_texts_win():
    """0.4 at once is more than 0.6 * 0.8 * 0.8, but not as a mean."""
    model = chain([0.0, 0.6, 0.4], [0.1, 0.8, 0.1], [0.0, 0.0, 1.0])
    for penalty, expected in ((0.0, []), (1.0, [1, 1, 1])):
        best = beam_search(model, [0], 3, 2, [2], penalty)[0]
        assert best.token_ids == expected


def test_a_long_text_can_overtake_a_finished_one():
    """ln 0.7 is the best mean until the improbable beginning is diluted."""
    model = chain([0.0, 0.3, 0.7], [0.0, 0.999, 0.001], [0.0, 0.0, 1.0])
    (best,) = beam_search(model, [0], 10, 1, [2], length_penalty=1.0)
    assert best.token_ids == [1] * 10
    (best,) = beam_search(model, [0], 2, 1, [2], length_penalty=1.0)
    assert best.token_ids == []


def test_a_text_that_cannot_be_is_never_returned():
    model = chain([0.0, 0.5, 0.5], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0])
    found = beam_search(model, [0], 3, n_beams=9)
    assert sorted(b.token_ids for b in found) == [[1, 1, 1], [2, 2, 2]]


def test_beams_may_all_have_stopped():
    model = chain([0.0, 0.5, 0.5], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0])
    found = beam_search(model, [0], 3, 4, stop_ids=[1, 2])
    assert [b.token_ids for b in found] == [[], []]
    assert len(model.calls) == 1


def test_the_search_ends_when_nothing_better_can_come():
    model = chain([0.0, 0.4, 0.6], [0.5, 0.5, 0.0], [0.3, 0.3, 0.4])
    beam_search(model, [0], 20, 1, stop_ids=[2])
    assert len(model.calls) == 1
    beam_search(model, [0], 20, 1, stop_ids=[2], length_penalty=1.0)
    assert len(model.calls) > 2  # a longer text may have a better mean


def test_no_token_is_one_empty_beam(model):
    assert beam_search(model, [1], 0, 3, (), 1.0) == [Beam([], 0.0, 0.0)]


# --- transformers ----------------------------------------------------------


@PENALTIES
@pytest.mark.parametrize("stop_ids", [[], range(0, 97, 3)])
@pytest.mark.parametrize("n_beams", [2, 5])
def test_beams_equal_those_of_transformers(n_beams, stop_ids, penalty):
    model, n = gpt(), 9
    theirs = as_transformers(model)
    for prompt in PROMPTS[:3]:
        made = theirs.generate(
            torch.tensor([prompt]),
            attention_mask=torch.ones(1, len(prompt)),
            max_new_tokens=n,
            do_sample=False,
            num_beams=n_beams,
            num_return_sequences=n_beams,
            length_penalty=penalty,
            early_stopping="never",
            eos_token_id=list(stop_ids) or None,
            pad_token_id=0,
            return_dict_in_generate=True,
            output_scores=True,
        )
        found = beam_search(model, prompt, n, n_beams, stop_ids, penalty)
        assert len(found) == n_beams
        for beam, ids, score in zip(
            found,
            made.sequences[:, len(prompt) :].tolist(),
            made.sequences_scores.tolist(),
            strict=True,
        ):
            ends = [at for at, i in enumerate(ids) if i in stop_ids]
            assert beam.token_ids == ids[: (ends or [n])[0]]
            assert beam.score == pytest.approx(score, rel=1e-6)


# --- guards ----------------------------------------------------------------


def test_best_entries_of_ties_and_refusals():
    totals = torch.tensor([[0.0, -math.inf], [-math.inf, -1.0]])
    assert best_entries(totals, 9) == [(0, 0, 0.0), (1, 1, -1.0)]
    assert best_entries(totals, 1) == [(0, 0, 0.0)]
    assert best_entries(totals - math.inf, 2) == []


def test_what_cannot_be_searched_is_named(model):
    with pytest.raises(ValueError, match="n_beams=0 keeps nothing"):
        beam_search(model, [1], 3, 0)
    with pytest.raises(ValueError, match="exceed context_length=24"):
        beam_search(model, [1, 2], 23, 2)
    with pytest.raises(ValueError, match=r"pass a list, \[5\]"):
        beam_search(model, [1, 2], 3, 2, stop_ids=5)
    broken = Markov(torch.full((3, 3), math.nan))
    with pytest.raises(ValueError, match="largest logit of a row is nan"):
        beam_search(broken, [1], 3, 2)


def test_dropout_is_off_and_the_mode_comes_back():
    model = gpt(drop_rate=0.5)
    expected = beam_search(model, PROMPTS[0], 9, 3)
    model.train()
    assert beam_search(model, PROMPTS[0], 9, 3) == expected
    assert model.training
