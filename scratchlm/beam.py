"""Beam search: keep the best few continuations, not only the best token.

Greedy generation can miss the most probable text, since it never goes back
on a choice. Beam search keeps `n_beams` unfinished texts at each step and
returns the best that it has seen.

Left out on purpose: several prompts at once, beams that must differ, and
sampling inside the search.
"""

from typing import NamedTuple

import torch

from scratchlm.generate import bare, check_prompt, check_stop_ids
from scratchlm.model import evaluating
from scratchlm.sampling import check_logits


class Beam(NamedTuple):
    """A continuation and how probable it is."""

    token_ids: list[int]  # new ones, without the stop id
    log_probability: float  # sum of ln p in nats, with the stop id's
    score: float  # log_probability / length ** length_penalty


def best_entries(totals, n_best):
    """The highest entries of (n, V): [(row, token id, total), ...].

    The highest first; entries of -inf are left out.

    >>> best_entries(torch.tensor([[-3.0, -1.0], [-torch.inf, -2.0]]), 4)
    [(0, 1, -1.0), (1, 1, -2.0), (0, 0, -3.0)]
    """
    best = totals.flatten().topk(min(n_best, totals.numel()))
    places, values = best.indices.tolist(), best.values.tolist()
    return [
        (*divmod(place, totals.shape[1]), value)
        for place, value in zip(places, values, strict=True)
        if value > -torch.inf
    ]


class Search:
    """The unfinished texts, with the model's cache of them.

    running: [(new token ids, sum of their ln p), ...], row by row
    """

    def __init__(self, model, prompt, max_new_tokens):
        self.model = model
        device = next(model.parameters()).device
        self.cache = model.new_cache(1, len(prompt) + max_new_tokens)
        self.new_ids = torch.tensor([prompt], device=device)  # (1, T)
        self.running = [([], 0.0)]

    def totals(self):
        """The sum of ln p of each text with each next token: (n, V)."""
        hidden = self.model.hidden_states(self.new_ids, cache=self.cache)
        logits = self.model.head(hidden[:, -1])  # (n, V)
        check_logits(logits)
        totals = logits.log_softmax(-1, dtype=torch.float64)
        so_far = totals.new_tensor([total for _, total in self.running])
        return totals + so_far[:, None]  # (n, V)

    def go_on(self, kept):
        """Replace the texts by these: [(row, token id, total), ...]."""
        self.running = [
            (self.running[row][0] + [token_id], total)
            for row, token_id, total in kept
        ]
        device = self.new_ids.device
        rows = torch.tensor([row for row, _, _ in kept], device=device)
        self.cache.select(rows)
        self.new_ids = torch.tensor(
            [[token_id] for _, token_id, _ in kept], device=device
        )  # (n, 1)


@torch.inference_mode()
def beam_search(
    model, prompt, max_new_tokens, n_beams, stop_ids=(), length_penalty=0.0
):
    """The most probable continuations that were found, the best first.

    prompt: a list of token ids
    max_new_tokens: a text ends here, or earlier at one of `stop_ids`
    n_beams: unfinished texts that are kept at each step. A text is finished
        when its stop id is among the n_beams best ways to go on, so that
        one beam is greedy generation
    length_penalty: scores are log probabilities divided by
        length ** length_penalty, where the stop id counts. A sum of ln p
        only falls, so 0 prefers short texts; 1 compares means
    returns: a list of at most n_beams `Beam`

    The search ends when no unfinished text can come among the best. With
    n_beams at least V ** max_new_tokens it is exhaustive. Which of two equal
    scores comes first is not defined. Raises ValueError as `generate` does
    and when n_beams < 1.

    Source: Graves 2012 (arXiv 1211.3711), algorithm 1; the penalty is that
    of `transformers`.

    >>> from scratchlm.model import GPTConfig, GPTModel
    >>> _ = torch.manual_seed(3)
    >>> model = GPTModel(GPTConfig(97, 12, 8, 2, 1))
    >>> best, second = beam_search(model, [5, 6, 7], 4, n_beams=2)
    >>> best.token_ids, round(best.score, 3)
    ([33, 33, 33, 33], -17.655)
    """
    if n_beams < 1:
        raise ValueError(f"n_beams={n_beams} keeps nothing; take at least 1")
    prompt = check_prompt(model, prompt, max_new_tokens)
    stop_ids = sorted(check_stop_ids(model, stop_ids))
    finished = []

    def finish(token_ids, total, length):
        score = total / max(1, length) ** length_penalty
        finished.append(Beam(token_ids, total, score))
        finished.sort(key=lambda beam: -beam.score)
        del finished[n_beams:]

    with evaluating(model):
        search = Search(bare(model), prompt, max_new_tokens)
        for length in range(1, max_new_tokens + 1):
            totals = search.totals()  # (n, V)
            for row, token_id, total in best_entries(totals, n_beams):
                if token_id in stop_ids:
                    finish(search.running[row][0], total, length)
            totals[:, stop_ids] = -torch.inf
            kept = best_entries(totals, n_beams)
            if not kept:
                return finished
            ends = length + 1, max_new_tokens  # a score is best at one
            bound = max(kept[0][2] / end**length_penalty for end in ends)
            if len(finished) == n_beams and finished[-1].score >= bound:
                return finished
            search.go_on(kept)
    for token_ids, total in search.running:
        finish(token_ids, total, max_new_tokens)
    return finished
