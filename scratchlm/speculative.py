"""Speculative decoding: a small model guesses, the large one checks.

The large model scores several guessed tokens in one call, which costs little
more than scoring one. Guesses are accepted or replaced by a rule that leaves
the text exactly the distribution which the large model gives it.

Left out on purpose: batches, trees of guesses, and repetition penalties,
which depend on the guesses themselves.
"""

from functools import partial
from itertools import takewhile
from typing import NamedTuple

import torch

from scratchlm.generate import bare, check_prompt, check_stop_ids
from scratchlm.model import evaluating
from scratchlm.sampling import next_token_probabilities, sample


class Speculation(NamedTuple):
    """What `generate_speculative` made, and how good the guesses were."""

    token_ids: list[int]  # new ones, without the stop id
    acceptance_rate: float  # accepted share of the guesses; 0 without any
    n_target_calls: int  # calls of the large model, with the prompt's


def accept_or_resample(
    target_probabilities, draft_probabilities, draft_ids, uniforms
):
    """What a round adds to the text: accepted guesses and one more token.

    target_probabilities: (n + 1, V), the large model's at each place and
        after the last guess
    draft_probabilities: (n, V), those that the guesses were drawn from
    draft_ids: (n,), the guesses
    uniforms: (n + 1,), random numbers in [0, 1); the last one draws the
        token that is not a guess
    returns: a list of 1 to n + 1 token ids

    A guess x stays with probability min(1, p(x) / q(x)), where p is the
    target and q the draft. The first that does not is replaced by a draw
    from max(0, p - q), scaled to sum to one: exactly what acceptance has
    left out, so that the token is distributed as p. When all stay, the
    large model adds a token of its own.

    Source: Leviathan et al. 2022 (arXiv 2211.17192), algorithm 1; the same
    rule in Chen et al. 2023 (arXiv 2302.01318).

    >>> target = torch.tensor([[0.5, 0.5, 0.0], [0.0, 0.0, 1.0]])
    >>> draft = torch.tensor([[1.0, 0.0, 0.0]])
    >>> accept_or_resample(target, draft, [0], [0.4, 0.0])  # 0.4 < 0.5 / 1
    [0, 2]
    >>> accept_or_resample(target, draft, [0], [0.6, 0.0])
    [1]
    """
    *chances, last = [float(uniform) for uniform in uniforms]
    accepted = []
    for token_id, chance, target, draft in zip(
        draft_ids,
        chances,
        target_probabilities[:-1],
        draft_probabilities,
        strict=True,
    ):
        if chance * draft[token_id] >= target[token_id]:
            rest = (target - draft).clamp(min=0.0)  # (V,)
            if not rest.any():  # p and q differ by rounding only
                rest = target
            return accepted + [sample(rest, last).item()]
        accepted.append(int(token_id))
    return accepted + [sample(target_probabilities[-1], last).item()]


class Reader:
    """A model that has read a part of a text, and how it goes on."""

    def __init__(self, model, n_tokens, settings):
        self.model = bare(model)
        self.cache = model.new_cache(1, n_tokens)
        self.settings = settings
        self.device = next(model.parameters()).device

    def probabilities(self, token_ids, n_last):
        """Of the token after each of the `n_last` last ones: (n_last, V).

        token_ids: the whole text; what the cache holds is not read again
        """
        new = torch.tensor(
            [token_ids[self.cache.length :]], device=self.device
        )  # (1, T)
        hidden = self.model.hidden_states(new, cache=self.cache)
        logits = self.model.head(hidden[0, -n_last:])  # (n_last, V)
        return next_token_probabilities(logits.double(), *self.settings)

    def forget(self, n_known):
        """Keep no more than the first `n_known` tokens."""
        self.cache.truncate(min(self.cache.length, n_known))


def speculate(target, draft, token_ids, n_draft, draw):
    """One round: the ids that follow `token_ids`, 1 to n_draft + 1 of them.

    draw: gives n random numbers, (n,)
    """
    guesses, drafts = [], []
    for uniform in draw(n_draft):
        drafts.append(draft.probabilities(token_ids + guesses, 1)[0])  # (V,)
        guesses.append(sample(drafts[-1], uniform).item())
    targets = target.probabilities(token_ids + guesses, n_draft + 1)
    new = accept_or_resample(targets, drafts, guesses, draw(n_draft + 1))
    for reader in (target, draft):  # what a refused guess left behind
        reader.forget(len(token_ids) + len(new) - 1)
    return new


@torch.inference_mode()
def generate_speculative(
    model,
    draft_model,
    prompt,
    max_new_tokens,
    n_draft=4,
    temperature=0.0,
    top_k=None,
    top_p=None,
    min_p=None,
    stop_ids=(),
    seed=0,
):
    """Continue one prompt as `model` would, faster if the guesses are good.

    prompt: a list of token ids
    n_draft: guesses before each call of `model`
    the other arguments: as in `generate`; temperature, top_k, top_p and
        min_p apply to both models
    returns: Speculation

    At temperature 0 the tokens are those of `generate`; above it their
    distribution is, but the same seed draws others. Both hold up to the
    rounding of several tokens read at once instead of one by one.

    Raises ValueError as `generate` does, for either model, when the
    vocabularies differ and when n_draft < 1.

    >>> from scratchlm.model import GPTConfig, GPTModel
    >>> _ = torch.manual_seed(3)
    >>> model = GPTModel(GPTConfig(97, 12, 8, 2, 1))
    >>> made = generate_speculative(model, model, [5, 6, 7], 8, n_draft=3)
    >>> made.token_ids, made.acceptance_rate, made.n_target_calls
    ([33, 33, 33, 33, 33, 92, 92, 92], 1.0, 2)
    """
    sizes = model.config.vocab_size, draft_model.config.vocab_size
    if sizes[0] != sizes[1]:
        raise ValueError(
            f"the model has {sizes[0]} token ids and the draft model "
            f"{sizes[1]}; they must share a tokenizer"
        )
    if n_draft < 1:
        raise ValueError(f"n_draft={n_draft} guesses nothing; take 1 or more")
    check_prompt(draft_model, prompt, max_new_tokens)
    prompt = check_prompt(model, prompt, max_new_tokens)
    stop_ids = check_stop_ids(model, stop_ids)
    settings = (temperature, top_k, top_p, min_p)
    generator = torch.Generator().manual_seed(seed)
    draw = partial(torch.rand, generator=generator, dtype=torch.float64)
    token_ids, n_accepted, n_guesses, n_calls = [], 0, 0, 0
    with evaluating(model), evaluating(draft_model):
        n_total = len(prompt) + max_new_tokens
        target = Reader(model, n_total, settings)
        draft = Reader(draft_model, n_total, settings)
        while len(token_ids) < max_new_tokens:
            n = min(n_draft, max_new_tokens - len(token_ids) - 1)
            new = speculate(target, draft, prompt + token_ids, n, draw)
            token_ids += new
            n_accepted += len(new) - 1
            n_guesses += n
            n_calls += 1
            if not stop_ids.isdisjoint(new):
                break
    until_stop = takewhile(lambda made: made not in stop_ids, token_ids)
    rate = n_accepted / max(1, n_guesses)
    return Speculation(list(until_stop), rate, n_calls)
