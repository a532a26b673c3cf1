"""Speculative decoding: that it leaves the distribution unchanged is summed
up exactly, over all guesses and over all intervals of the random numbers in
which nothing changes. No test here compares samples."""

import math
from fractions import Fraction
from itertools import pairwise, product

import pytest
import torch
from test_generate import PROMPTS, Markov, gpt, llama, spread
from torch.testing import assert_close

from scratchlm.generate import generate
from scratchlm.model import GPTConfig, GPTModel
from scratchlm.sampling import next_token_probabilities
from scratchlm.speculative import (
    Reader,
    accept_or_resample,
    generate_speculative,
    speculate,
)

PLAIN = (1.0, None, None, None)  # temperature, top_k, top_p, min_p


@pytest.fixture(scope="module", params=[gpt, llama], ids=["gpt", "llama"])
def model(request):
    return request.param()


@pytest.fixture(scope="module")
def draft_model():
    """Smaller, of another make, and often wrong."""
    return spread(GPTModel(GPTConfig(97, 30, 8, 2, 1)), seed=5)


def fractions(*parts):
    """A distribution as exact fractions."""
    return [Fraction(part, sum(parts)) for part in parts]


def floats(*rows):
    return torch.tensor([list(map(float, row)) for row in rows]).double()


def rest_of(target, draft):
    """max(0, p - q), scaled to sum to one, exactly."""
    rest = [
        max(p - q, Fraction(0)) for p, q in zip(target, draft, strict=True)
    ]
    return [part / (sum(rest) or 1) for part in rest]


def cuts(*distributions):
    """Where a draw from one of these changes: their cumulative sums."""
    return {
        sum(row[:i], Fraction(0)) for row in distributions for i in range(9)
    }


def intervals(points):
    """[(middle, length)] of the pieces of [0, 1) between these points."""
    inside = sorted({Fraction(0), Fraction(1)} | {p for p in points if p < 1})
    return [(float(a + b) / 2, b - a) for a, b in pairwise(inside)]


# --- the rule, exactly -----------------------------------------------------

PAIRS = [
    (fractions(1, 2, 3), fractions(3, 2, 1)),
    (fractions(1, 1, 0), fractions(0, 1, 3)),  # each lacks one of the other
    (fractions(4, 1, 1), fractions(1, 0, 0)),
    (fractions(0, 0, 1), fractions(1, 1, 0)),  # nothing in common
    (fractions(1, 3, 2), fractions(1, 3, 2)),
]


@pytest.mark.parametrize(("target", "draft"), PAIRS)
def test_one_guess_leaves_the_distribution_of_the_target(target, draft):
    """On a grid on which all thresholds lie, whatever the code does."""
    after = fractions(1, 2, 1)
    n = 60  # all thresholds are multiples of 1 / 60
    thresholds = cuts(after, rest_of(target, draft)) | {
        p / q for p, q in zip(target, draft, strict=True) if q
    }
    assert all((t * n).denominator == 1 for t in thresholds)
    first, both = [Fraction(0)] * 3, {}
    for guess, i, j in product(range(3), range(n), range(n)):
        if draft[guess]:
            made = accept_or_resample(
                floats(target, after),
                floats(draft),
                [guess],
                [(i + 0.5) / n, (j + 0.5) / n],
            )
            first[made[0]] += draft[guess] / n**2
            both[tuple(made)] = both.get(tuple(made), 0) + draft[guess] / n**2
    assert first == target
    common = list(map(min, target, draft))
    for x, y in product(range(3), range(3)):  # accepted, then the target's
        assert both.get((x, y), 0) == common[x] * after[y]


@pytest.mark.parametrize("seed", range(4))
def test_two_guesses_leave_the_distribution_of_the_text(seed):
    """Chains of three ids; texts of three tokens, the first round's made
    longer by the target itself where it was short."""
    generator = torch.Generator().manual_seed(seed)
    parts = torch.randint(0, 4, (2, 4, 3), generator=generator)
    parts[..., seed % 3] += 1  # so that no row is all zero
    target, draft = [
        [fractions(*row) for row in rows] for rows in parts.tolist()
    ]  # row 3 begins the text, row i follows id i
    law = {}
    for guesses in product(range(3), repeat=2):
        before = [3, guesses[0]]
        chance = math.prod(
            draft[b][g] for b, g in zip(before, guesses, strict=True)
        )
        if not chance:
            continue
        p = [target[3], target[guesses[0]], target[guesses[1]]]
        q = [draft[3], draft[guesses[0]]]
        accepts = [
            intervals({p[i][g] / q[i][g]}) for i, g in enumerate(guesses)
        ]
        last = intervals(cuts(p[2], rest_of(p[0], q[0]), rest_of(p[1], q[1])))
        for pieces in product(*accepts, last):
            made = accept_or_resample(
                floats(*p), floats(*q), guesses, [at for at, _ in pieces]
            )
            share = chance * math.prod(length for _, length in pieces)
            law[tuple(made)] = law.get(tuple(made), 0) + share
    assert sum(law.values()) == 1
    for text in product(range(3), repeat=3):
        expected = math.prod(
            target[b][x] for b, x in zip((3, *text), text, strict=False)
        )
        found = Fraction(0)
        for made, share in law.items():
            if made == text[: len(made)]:
                for at in range(len(made), 3):
                    share *= target[text[at - 1]][text[at]]
                found += share
        assert found == expected


def test_a_whole_round_with_models_leaves_the_distribution():
    """The guesses are drawn too; the draws end in tenths and twelfths."""
    target_rows = [fractions(3, 1), fractions(1, 2)]
    draft_rows = [fractions(1, 1), fractions(2, 1)]
    target, draft = (
        Markov(floats(*rows).log()) for rows in (target_rows, draft_rows)
    )
    n, law = 12, {}
    middles = [(i + 0.5) / n for i in range(n)]
    for guess, accept, last in product(middles, repeat=3):
        numbers = iter([[guess], [accept, last]])
        readers = [Reader(m, 4, PLAIN) for m in (target, draft)]
        with torch.inference_mode():
            made = speculate(*readers, [1], 1, lambda _, n=numbers: next(n))
        law[tuple(made)] = law.get(tuple(made), 0) + Fraction(1, n**3)
    first = [
        sum(share for made, share in law.items() if made[0] == x)
        for x in (0, 1)
    ]
    assert first == target_rows[1]
    for x, y in product((0, 1), repeat=2):
        common = min(target_rows[1][x], draft_rows[1][x])
        assert law[x, y] == common * target_rows[x][y]


def test_the_last_token_is_drawn_from_the_place_after_the_last_guess():
    one_hot = torch.eye(4)
    made = accept_or_resample(
        one_hot[[2, 0, 3]], one_hot[[2, 0]], [2, 0], [0.9] * 3
    )
    assert made == [2, 0, 3]
    made = accept_or_resample(
        one_hot[[2, 1, 3]], one_hot[[2, 0]], [2, 0], [0.9] * 3
    )
    assert made == [2, 1]


def test_a_guess_that_the_target_excludes_is_never_accepted():
    target, draft = floats([0, 1], [1, 0]), floats([1, 0])
    assert accept_or_resample(target, draft, [0], [0.0, 0.0]) == [1]


def test_rounding_that_leaves_nothing_to_draw_from_is_harmless():
    """p just below q everywhere: max(0, p - q) is all zero."""
    draft = floats([0.5, 0.5])
    target = torch.cat([draft * (1 - 1e-16), draft])
    target[0] = math.nextafter(0.5, 0)
    uniforms = [math.nextafter(1.0, 0.0), 0.7]
    assert accept_or_resample(target, draft, [0], uniforms) == [1]


# --- greedy ----------------------------------------------------------------


@pytest.mark.parametrize("n_draft", [1, 2, 5, 40])
@pytest.mark.parametrize("stop_ids", [(), range(0, 97, 8)])
def test_greedy_equals_plain_greedy(model, draft_model, n_draft, stop_ids):
    for prompt in PROMPTS:
        made = generate_speculative(
            model, draft_model, prompt, 17, n_draft, stop_ids=stop_ids
        )
        expected = generate(model, prompt, 17, stop_ids=stop_ids)
        assert [made.token_ids] == expected


def test_a_good_draft_is_accepted_and_saves_calls(model):
    """Nearly the same weights: most guesses are right, some are not."""
    n_new, n_draft = 17, 4
    near = type(model)(model.config).double()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for mine, theirs in zip(
            near.parameters(), model.parameters(), strict=True
        ):
            noise = torch.randn(theirs.shape, generator=generator)
            mine.copy_(theirs + 0.02 * noise)
    rates = []
    for prompt in PROMPTS:
        made = generate_speculative(model, near, prompt, n_new, n_draft)
        assert [made.token_ids] == generate(model, prompt, n_new)
        rates.append(made.acceptance_rate)
        assert made.n_target_calls < n_new
    assert 0.5 < sum(rates) / len(rates) < 1


@pytest.mark.parametrize("n_draft", [1, 3, 4])
@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_a_model_that_guesses_itself_is_always_right(
    model, n_draft, temperature
):
    made = generate_speculative(
        model, model, [3, 1, 4], 17, n_draft, temperature
    )
    assert made.acceptance_rate == 1.0
    assert made.n_target_calls == math.ceil(17 / (n_draft + 1))
    assert len(made.token_ids) == 17


# --- sampling and settings -------------------------------------------------


@pytest.mark.parametrize(
    "settings",
    [
        {"temperature": 1.0, "top_k": 4},
        {"temperature": 0.7, "top_p": 0.5},
        {"temperature": 1.5, "min_p": 0.3, "top_k": 20},
    ],
)
def test_settings_refuse_what_they_refuse_in_the_target(
    model, draft_model, settings
):
    for seed, prompt in enumerate(PROMPTS):
        made = generate_speculative(
            model, draft_model, prompt, 17, seed=seed, **settings
        )
        text = prompt + made.token_ids
        with torch.no_grad():
            logits = model(torch.tensor([text]))[0, len(prompt) - 1 : -1]
        allowed = next_token_probabilities(logits, **settings) > 0  # (n, V)
        assert (~allowed).any()
        assert all(
            row[i] for row, i in zip(allowed, made.token_ids, strict=True)
        )


def test_a_seed_repeats_and_another_differs(model, draft_model):
    def made(seed):
        return generate_speculative(
            model, draft_model, [5], 17, temperature=1.0, seed=seed
        )

    assert made(1) == made(1)
    assert made(1).token_ids != made(2).token_ids


# --- caches and counts -----------------------------------------------------


def test_readers_forget_refused_guesses_and_read_nothing_twice():
    up, down = torch.eye(9).roll(1, dims=1), torch.eye(9).roll(-1, dims=1)
    target, draft = Markov(up * 100), Markov(down * 100)
    made = generate_speculative(target, draft, [4, 5], 6, n_draft=3)
    assert made.token_ids == [6, 7, 8, 0, 1, 2]
    assert made.acceptance_rate == 0.0
    assert made.n_target_calls == len(target.calls) == 6
    lengths = [shape[1] for shape, _ in target.calls]
    assert lengths == [2 + 3, 1 + 3, 1 + 3, 1 + 2, 1 + 1, 1]
    lengths = [shape[1] for shape, _ in draft.calls]
    assert lengths == [2, 1, 1] + [1, 1, 1] * 2 + [1, 1] + [1]


def test_after_full_acceptance_the_draft_catches_up_by_two():
    up = torch.eye(9).roll(1, dims=1) * 100
    target, draft = Markov(up), Markov(up)
    made = generate_speculative(target, draft, [4, 5], 6, n_draft=2)
    assert made.token_ids == [6, 7, 8, 0, 1, 2]
    assert [shape[1] for shape, _ in target.calls] == [2 + 2, 1 + 2]
    assert [shape[1] for shape, _ in draft.calls] == [2, 1, 2, 1]


def test_caches_hold_the_same_as_one_full_pass(model, draft_model):
    readers = [
        Reader(m, 20, (0.0, None, None, None)) for m in (model, draft_model)
    ]
    text = [5, 90, 17]
    with torch.inference_mode():
        for _ in range(3):
            text += speculate(*readers, text, 3, lambda n: [0.5] * n)
            for reader in readers:
                assert reader.cache.length <= len(text) - 1
        fresh = model.new_cache(1, 20)
        model.hidden_states(torch.tensor([text[:-1]]), cache=fresh)
    length = readers[0].cache.length
    for mine, full in zip(readers[0].cache.layers, fresh.layers, strict=True):
        assert_close(mine.keys[:, :, :length], full.keys[:, :, :length])


def test_nothing_is_read_after_a_stop_id():
    target = Markov(torch.eye(9).roll(1, dims=1) * 100)
    made = generate_speculative(target, target, [4], 8, 2, stop_ids=[6])
    assert made == ([5], 1.0, 1)


def test_nothing_to_make_is_nothing_done(model, draft_model):
    made = generate_speculative(model, draft_model, [1], 0)
    assert made == ([], 0.0, 0)
    made = generate_speculative(model, draft_model, [1], 1)
    assert [made.token_ids] == generate(model, [1], 1)
    assert made[1:] == (0.0, 1)  # no guess fits


# --- guards ----------------------------------------------------------------


def test_what_cannot_be_speculated_is_named(model, draft_model):
    other = GPTModel(GPTConfig(96, 30, 8, 2, 1))
    with pytest.raises(ValueError, match=r"97 token ids .* 96; .* tokenizer"):
        generate_speculative(model, other, [1], 3)
    with pytest.raises(ValueError, match="n_draft=0 guesses nothing"):
        generate_speculative(model, draft_model, [1], 3, n_draft=0)
    with pytest.raises(ValueError, match="exceed context_length=24"):
        generate_speculative(model, draft_model, [1, 2], 23)
    with pytest.raises(ValueError, match="exceed context_length=24"):
        generate_speculative(draft_model, gpt(), [1, 2], 23)
    with pytest.raises(ValueError, match="has no token"):
        generate_speculative(model, draft_model, [], 3)
    with pytest.raises(ValueError, match=r"pass a list, \[5\]"):
        generate_speculative(model, draft_model, [1], 3, stop_ids=5)


def test_dropout_is_off_in_both_and_their_modes_come_back(model):
    shaky = gpt(drop_rate=0.5)
    expected = generate_speculative(model, shaky, [1, 2], 9)
    shaky.train()
    assert generate_speculative(model, shaky, [1, 2], 9) == expected
    assert shaky.training
    assert not model.training
