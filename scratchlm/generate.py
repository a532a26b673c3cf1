"""Continue texts: prompts in, new token ids out.

`generate` continues a batch and returns lists, `stream` continues one prompt
and yields each id as it is made. Prompts may have unequal lengths, each row
stops by itself, and each has its own random numbers, so that a batch gives
what its rows give one by one. A cache makes this fast and changes nothing.

Left out on purpose: a window that slides when the context is full (the
caller decides what to cut), beam search and speculative decoding (they have
their own modules), and text: encode before, decode after.
"""

from contextlib import closing
from functools import cache, partial
from operator import index

import torch
from torch import nn

from scratchlm.attention import padding_mask
from scratchlm.model import evaluating
from scratchlm.sampling import (
    check_logits,
    next_token_probabilities,
    penalize_repetition,
    sample,
)

REORDER_FROM = 64  # new tokens; for fewer the copy costs more than it saves

# --- before the first step -------------------------------------------------


def check_prompt(model, prompt, max_new_tokens):
    """The prompt as a list of int, if its continuation fits the model.

    Raises ValueError for an empty prompt, ids outside the vocabulary, and
    when prompt and new tokens together exceed context_length.
    """
    token_ids = [index(token_id) for token_id in prompt]
    if not token_ids:
        raise ValueError(
            "a prompt has no token; start with the end-of-text id to "
            "generate freely"
        )
    last_id = model.config.vocab_size - 1
    if not 0 <= min(token_ids) <= max(token_ids) <= last_id:
        raise ValueError(
            f"the ids of a prompt run from {min(token_ids)} to "
            f"{max(token_ids)}, but the model knows 0 to {last_id}; were "
            "they made by another tokenizer?"
        )
    if max_new_tokens < 0:
        raise ValueError(f"max_new_tokens={max_new_tokens}; take 0 or more")
    context_length = model.config.context_length
    room = context_length - len(token_ids)
    if max_new_tokens > room:
        remedy = f"ask for at most {room}" if room > 0 else "cut the prompt"
        raise ValueError(
            f"a prompt of {len(token_ids)} tokens and max_new_tokens="
            f"{max_new_tokens} exceed context_length={context_length}; "
            f"{remedy}"
        )
    return token_ids


def check_stop_ids(model, stop_ids):
    """The ids as a set.

    Raises ValueError for a single number, and for an id that the model does
    not know: it could never stop there.
    """
    if not hasattr(stop_ids, "__iter__"):
        raise ValueError(
            f"stop_ids={stop_ids} is one id; pass a list, [{stop_ids}]"
        )
    stop_ids = {index(token_id) for token_id in stop_ids}
    known = range(model.config.vocab_size)
    if unknown := [i for i in stop_ids if i not in known]:
        raise ValueError(
            f"the model never makes the stop ids {unknown}: it knows 0 to "
            f"{known[-1]}; are they from another tokenizer?"
        )
    return stop_ids


def uniforms_of(seeds, n_draws):
    """Each seed's own random numbers in [0, 1): (B, n_draws) float64.

    The first ones are the same however many are drawn.
    """
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    rows = [
        torch.rand(n_draws, generator=generator, dtype=torch.float64)
        for generator in generators
    ]
    return torch.stack(rows)


# --- step by step ----------------------------------------------------------


@cache
def bare_class(kind):
    """A subclass whose calls go straight to `forward`."""
    return type(kind.__name__, (kind,), {"__call__": kind.forward})


def along_outputs(weight):
    """The same weights in another order of memory, where that is faster.

    weight: (n_out, n_in), stored input after input. A product with one row
    then is n_out short sums; stored output after output it is n_in long
    additions, which a processor does at up to twice the speed if there are
    more outputs than inputs. In bfloat16 it would be ten times slower.
    """
    n_out, n_in = weight.shape
    on_cpu = weight.device.type == "cpu"
    if not on_cpu or weight.dtype != torch.float32 or n_out <= n_in:
        return weight
    return weight.t().contiguous().t()  # (n_out, n_in)


def bare(module, reorder=False):
    """A stand-in that computes the same with less of Python's time.

    `nn.Module` looks for hooks at each call, and for each parameter and
    submodule in a dictionary of its own. For one token of a small model this
    is a third of the time. The stand-in has the same code and the same
    tensors, but as plain attributes. A module that does more than `forward`
    when it is called (hooks, a compiled call) remains itself.

    reorder: give each linear layer a copy of its weights `along_outputs`
    """
    if (
        module._forward_hooks
        or module._forward_pre_hooks
        or module._compiled_call_impl
        or type(module).__call__ is not nn.Module.__call__
        or "forward" in vars(module)
    ):
        return module
    parts = module._modules.items()  # named_children skips repeated ones
    children = {name: part and bare(part, reorder) for name, part in parts}
    stand_in = object.__new__(bare_class(type(module)))
    vars(stand_in).update(vars(module) | module._parameters | module._buffers)
    vars(stand_in).update(children, _modules=children)
    if reorder and isinstance(module, nn.Linear):
        vars(stand_in)["weight"] = along_outputs(module.weight)
    return stand_in


def choose(
    logits,
    token_ids,
    uniform,
    temperature=0.0,
    top_k=None,
    top_p=None,
    min_p=None,
    repetition_penalty=1.0,
):
    """The next id of each row: (B, V) logits -> (B,) int64.

    token_ids: (B, T), what the rows hold so far, for the penalty
    uniform: (B,), the rows' random numbers; not used at temperature 0
    """
    if repetition_penalty != 1.0:
        logits = penalize_repetition(logits, token_ids, repetition_penalty)
    if temperature == 0.0:  # no setting refuses the maximum
        check_logits(logits)
        return logits.argmax(-1)  # (B,)
    probabilities = next_token_probabilities(
        logits, temperature, top_k, top_p, min_p
    )
    return sample(probabilities, uniform)  # (B,)


class Batch:
    """Rows that grow together, with the model's cache of them.

    Prompts are padded on the left, so that all rows have their next token
    in the same column. A pad is never attended and takes no position. It
    repeats the row's first id, so that a repetition penalty sees nothing
    new.

    rows: which prompt each row continues
    token_ids: (B, n_tokens + what is still to come), filled up to n_tokens
    """

    def __init__(self, model, prompts, max_new_tokens, use_cache):
        self.model = model
        self.rows = list(range(len(prompts)))
        self.n_tokens = max(map(len, prompts))
        n_pads = [self.n_tokens - len(prompt) for prompt in prompts]
        n_total = self.n_tokens + max_new_tokens
        device = next(model.parameters()).device
        self.token_ids = torch.tensor(
            [
                prompt[:1] * n + prompt + [0] * max_new_tokens
                for prompt, n in zip(prompts, n_pads, strict=True)
            ],
            device=device,
        )  # (B, n_total)
        self.positions = self.mask = self.cache = None
        if any(n_pads):
            columns = torch.arange(n_total, device=device)
            positions = columns - torch.tensor(n_pads, device=device)[:, None]
            self.positions = positions.clamp(min=0)  # (B, n_total)
            self.mask = padding_mask(positions >= 0)  # (B, 1, 1, n_total)
        if use_cache:
            self.cache = model.new_cache(len(prompts), n_total)

    def next_logits(self):
        """Of the token after the last one: (B, V).

        The model sees the tokens that are not in the cache yet, and the
        head the last of them only.
        """
        start = 0 if self.cache is None else self.cache.length
        new = slice(start, self.n_tokens)
        positions = mask = None
        if self.mask is not None:
            positions = self.positions[:, new]  # (B, T)
            mask = self.mask[..., : self.n_tokens]  # (B, 1, 1, T_k)
        hidden = self.model.hidden_states(
            self.token_ids[:, new], positions, mask, self.cache
        )
        return self.model.head(hidden[:, -1])  # (B, V)

    def append(self, token_ids):
        """Give each row its next id: (B,)."""
        self.token_ids[:, self.n_tokens] = token_ids
        self.n_tokens += 1

    def keep(self, kept):
        """Go on with these rows only: a list of indices into the batch."""
        self.rows = [self.rows[row] for row in kept]
        kept = torch.tensor(kept, device=self.token_ids.device)
        self.token_ids = self.token_ids[kept]
        if self.mask is not None:
            self.positions, self.mask = self.positions[kept], self.mask[kept]
        if self.cache is not None:
            self.cache.select(kept)


def show_progress(made, n_steps):
    """The same steps, with a bar on stderr."""
    from tqdm.auto import tqdm

    return tqdm(made, total=n_steps, unit=" tokens")


@torch.inference_mode()
def steps(model, prompts, n_steps, pick, stop_ids, seeds, use_cache):
    """Yield {row: new id} of the rows that go on, step by step.

    pick: `choose` with its settings

    A row that makes a stop id is left out from then on. It stays in the
    batch until half of the rows are done: shrinking the batch copies the
    cache, which is too dear for each single stop.
    """
    with evaluating(model):
        reorder = n_steps >= REORDER_FROM
        batch = Batch(bare(model, reorder), prompts, n_steps, use_cache)
        uniforms = uniforms_of(seeds, n_steps).to(batch.token_ids.device)
        running = set(batch.rows)
        for step in range(n_steps):
            so_far = batch.token_ids[:, : batch.n_tokens]
            token_ids = pick(batch.next_logits(), so_far, uniforms[:, step])
            batch.append(token_ids)
            made = zip(batch.rows, token_ids.tolist(), strict=True)
            new = {
                row: token_id
                for row, token_id in made
                if row in running and token_id not in stop_ids
            }
            running = new.keys()
            yield new
            if not running:
                return
            if 2 * len(running) <= len(batch.rows):
                kept = [i for i, row in enumerate(batch.rows) if row in new]
                batch.keep(kept)
                uniforms = uniforms[kept]


def begin(model, prompts, n_steps, stop_ids, seed, use_cache, **settings):
    """Check what can be checked before the first of the `steps`.

    Raises ValueError as `generate` says.
    """
    prompts = [check_prompt(model, prompt, n_steps) for prompt in prompts]
    seeds = seed
    if not hasattr(seed, "__len__"):
        seeds = [seed + row for row in range(len(prompts))]
    if len(seeds) != len(prompts):
        raise ValueError(
            f"{len(seeds)} seeds for {len(prompts)} prompts; pass one for "
            "each, or a single number"
        )
    pick = partial(choose, **settings)
    stop_ids = check_stop_ids(model, stop_ids)
    return steps(model, prompts, n_steps, pick, stop_ids, seeds, use_cache)


# --- the two ways to use it ------------------------------------------------


def generate(
    model,
    prompts,
    max_new_tokens,
    temperature=0.0,
    top_k=None,
    top_p=None,
    min_p=None,
    repetition_penalty=1.0,
    stop_ids=(),
    seed=0,
    use_cache=True,
    progress=False,
):
    """Continue one prompt or several.

    prompts: one list of token ids, or a list of such lists, which may have
        unequal lengths
    max_new_tokens: a row ends here, or earlier at one of `stop_ids`
    temperature, top_k, top_p, min_p: see `sampling`; the default
        temperature 0 takes the most probable token each time
    repetition_penalty: on the ids of the prompt and of what came after it
    seed: row r draws with seed + r, or with seed[r] if it is a list; its
        n-th draw depends on nothing else
    use_cache: False computes everything anew for each token, as a check
    progress: show a bar on stderr
    returns: for each prompt the list of its new ids, without the stop id;
        one shorter than max_new_tokens has met a stop id

    The model is in evaluation mode meanwhile. Raises ValueError when prompt
    and new tokens exceed context_length, for an empty prompt, unknown ids,
    and settings outside their range.

    >>> from scratchlm.model import GPTConfig, GPTModel
    >>> _ = torch.manual_seed(3)
    >>> model = GPTModel(GPTConfig(97, 12, 8, 2, 1))
    >>> generate(model, [5, 6, 7], 4)
    [[33, 33, 33, 33]]
    >>> generate(model, [[5, 6, 7], [8]], 4, temperature=1.0, seed=1)
    [[5, 21, 22, 17], [89, 9, 68, 52]]
    """
    if hasattr(prompts, "tolist"):
        prompts = prompts.tolist()
    if not prompts or not hasattr(prompts[0], "__len__"):
        prompts = [prompts]
    made = begin(
        model,
        prompts,
        max_new_tokens,
        stop_ids,
        seed,
        use_cache,
        temperature=temperature,
        top_k=top_k,
        top_p=top_p,
        min_p=min_p,
        repetition_penalty=repetition_penalty,
    )
    new_ids = [[] for _ in prompts]
    with closing(made):
        for new in show_progress(made, max_new_tokens) if progress else made:
            for row, token_id in new.items():
                new_ids[row].append(token_id)
    return new_ids


def stream(
    model,
    prompt,
    max_new_tokens,
    stop_ids=(),
    seed=0,
    use_cache=True,
    **settings,
):
    """The new ids of one prompt, each as soon as it is made: an iterator.

    settings: temperature, top_k, top_p, min_p and repetition_penalty

    Arguments, ids and errors are those of `generate`. The model stays in
    evaluation mode until the last id or until the iterator is closed.

    >>> from scratchlm.model import GPTConfig, GPTModel
    >>> _ = torch.manual_seed(3)
    >>> model = GPTModel(GPTConfig(97, 12, 8, 2, 1))
    >>> ids = stream(model, [5, 6, 7], 4, temperature=1.0, seed=1)
    >>> next(ids), next(ids)
    (5, 21)
    >>> ids.close()
    """
    prompts = [prompt]
    made = begin(
        model, prompts, max_new_tokens, stop_ids, seed, use_cache, **settings
    )

    def one_by_one():
        with closing(made):
            for new in made:
                yield from new.values()

    return one_by_one()
