"""The numbers behind the figures of chapter 4, computed by scratchlm.

One example runs through the chapter: five tokens with 6 features and a layer
with two heads. Its weights are seeded and not trained, and everything is
rounded to one decimal where it is made, so that a reader can compute it
again.
"""

from contextlib import redirect_stderr
from functools import cache
from io import StringIO
from math import sqrt
from typing import NamedTuple

import torch

from scratchlm.attention import (
    KVCache,
    MultiHeadAttention,
    attend,
    causal_mask,
)
from scratchlm.weights import load_pretrained

TOKENS = ("Mei", "saw", "a", "red", "kite")
FEATURES = [[4.0, 9.0], [3.0, 0.0], [3.0, 9.0], [7.0, 3.0], [7.0, 3.0]]
EMB_DIM, N_HEADS = 6, 2
HEAD_DIM = EMB_DIM // N_HEADS
SEED = 2  # weights in which each head looks elsewhere


class Example(NamedTuple):
    """What goes in, and what comes out of each step; B is 1 and left out."""

    layer: MultiHeadAttention
    x: torch.Tensor  # (T, D)
    queries: torch.Tensor  # (H, T, Dh)
    keys: torch.Tensor
    values: torch.Tensor
    scores: torch.Tensor  # (H, T, T), scaled, without mask
    weights: torch.Tensor  # (H, T, T)
    context: torch.Tensor  # (H, T, Dh)
    output: torch.Tensor  # (T, D)


@cache
@torch.no_grad()
def example():
    """The tokens and the layer of this chapter's figures."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        layer = MultiHeadAttention(EMB_DIM, N_HEADS)
        torch.nn.init.normal_(layer.qkv.weight, std=1.2 / sqrt(EMB_DIM))
        x = torch.randn(1, len(TOKENS), EMB_DIM).round(decimals=1) + 0.0
    # Adding 0.0 makes 0.0 of -0.0.
    qkv = [part.round(decimals=1) + 0.0 for part in layer.project(x)]
    context, weights = attend(*qkv, causal_mask(len(TOKENS)))
    queries, keys, values = (part[0] for part in qkv)
    scores = queries @ keys.transpose(-2, -1) / sqrt(HEAD_DIM)
    output = layer.out(context.transpose(1, 2).flatten(2))[0]
    return Example(
        layer, x[0], queries, keys, values, scores, weights[0], context[0],
        output,
    )  # fmt: skip


@cache
def mask_builds(n=4):
    """Three ways to hide the future: (name, code, what goes into softmax,
    weights) of each."""
    scores = example().scores[0, :n, :n]
    mask = causal_mask(n)
    filled = scores.masked_fill(~mask, -torch.inf)
    late = scores.softmax(-1) * mask
    poisoned = scores + torch.ones(n, n).triu(1) * -torch.inf
    return (
        ("Fill before softmax", "masked_fill(~mask, −inf)", filled,
         filled.softmax(-1)),
        ("Zero after softmax", "softmax(scores) * mask", scores, late),
        ("Multiply by −inf", "ones.triu(1) * −inf", poisoned,
         poisoned.softmax(-1)),
    )  # fmt: skip


@torch.no_grad()
def cached_run(head=0, prompt=3):
    """The example token by token through a `KVCache`: for each step the
    first new position, and the attention weights of its new queries."""
    e = example()
    cache_ = KVCache(1, N_HEADS, len(TOKENS), HEAD_DIM, like=e.x)
    starts, runs = [0, *range(prompt, len(TOKENS))], []
    for start, end in zip(starts, [*starts[1:], len(TOKENS)], strict=True):
        new = slice(start, end)
        keys, values = cache_.append(e.keys[None, :, new],
                                     e.values[None, :, new])  # fmt: skip
        _, weights = attend(
            e.queries[None, :, new], keys, values,
            causal_mask(end - start, end),
        )  # fmt: skip
        runs.append((start, end, weights[0, head]))
    return runs


class Tile(NamedTuple):
    """One step of the online softmax; `total` and `norm` are after it."""

    scores: torch.Tensor
    old: float
    maximum: float
    shrink: float
    weights: torch.Tensor
    norm: float
    total: torch.Tensor


def online_tiles(query=4, head=0, size=2):
    """The steps of `attend_tiled` for one query of the example."""
    e, tiles = example(), []
    scores, values = e.scores[head, query], e.values[head]
    maximum, norm, total = -torch.inf, 0.0, torch.zeros(HEAD_DIM)
    for start in range(0, len(TOKENS), size):
        part = scores[start : start + size]
        new = max(maximum, part.max().item())
        shrink = float(torch.tensor(maximum - new).exp())
        weights = (part - new).exp()
        norm = norm * shrink + weights.sum().item()
        total = total * shrink + weights @ values[start : start + size]
        tiles.append(Tile(part, maximum, new, shrink, weights, norm, total))
        maximum = new
    return tiles


@cache
def shipped(name):
    """A checkpoint of the course, loaded without a word on stderr."""
    with redirect_stderr(StringIO()):
        return load_pretrained(name)


@torch.no_grad()
def read_story(text):
    """Tokens of a text that breaks off; the weights that its last token
    gives to them in every head of the shipped stories model, (L, H, T); the
    most probable next token and its probability."""
    model, tokenizer, _ = shipped("stories")
    token_ids = tokenizer.encode(text, allowed_special=["<|endoftext|>"])
    tokens = [tokenizer.decode_bytes([i]) for i in token_ids]
    ids, weights = torch.tensor([token_ids]), []
    x = model.embed(ids, torch.arange(ids.shape[1]))
    for block in model.blocks:
        weights.append(block.attn.attn_weights(block.attn_norm(x))[0, :, -1])
        x = block(x)
    top = model.head(model.final_norm(x))[0, -1].softmax(-1).max(-1)
    best = tokenizer.decode_bytes([top.indices.item()])
    return tokens, torch.stack(weights), best, top.values.item()
