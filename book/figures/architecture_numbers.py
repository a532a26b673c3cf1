"""The numbers behind the figures of chapter 5, computed by scratchlm.

Parameter counts come from models without memory for their weights, logits
and streams from the course's trained checkpoints.
"""

from functools import cache
from random import Random
from typing import NamedTuple

import torch
from torch import nn

from figures.attention_numbers import example, shipped
from scratchlm.layouts import empty_model
from scratchlm.llama import SMOLLM2_CONFIG_135M, LlamaModel
from scratchlm.model import (
    GPT_CONFIG_124M,
    GPTConfig,
    GPTModel,
    TransformerBlock,
)
from scratchlm.stories import generate_story


def n_parameters(module):
    """Numbers in a module that training can change."""
    return sum(parameter.numel() for parameter in module.parameters())


@cache
def gpt2():
    """GPT-2 in its smallest size, without weights."""
    return empty_model(GPTModel, GPT_CONFIG_124M)


@cache
def smollm2():
    """SmolLM2-135M, a Llama, without weights."""
    return empty_model(LlamaModel, SMOLLM2_CONFIG_135M)


@cache
def gpt2_like_smollm2():
    """A GPT-2 of the same width, depth, vocabulary and context."""
    c = SMOLLM2_CONFIG_135M
    sizes = c.vocab_size, c.context_length, c.emb_dim, c.n_heads, c.n_layers
    return empty_model(GPTModel, GPTConfig(*sizes))


class Write(NamedTuple):
    """What one part adds to the residual stream, as mean lengths."""

    name: str
    written: float
    stream: float  # after it


@cache
@torch.no_grad()
def stream_of_a_story():
    """The stream's length as it enters, and each part's write: the mean over
    the tokens of a story, in the trained stories model."""
    model, tokenizer, _ = shipped("stories")
    story = generate_story(Random(3))
    text = story[: story.index(" pulled it out")].rpartition(" ")[0]
    ids = torch.tensor([tokenizer.encode(text)])
    x = model.embed(ids, torch.arange(ids.shape[1]))  # (1, T, D)

    def length(vectors):
        return vectors.norm(dim=-1).mean().item()

    writes = [Write("embedding", length(x), length(x))]
    for i, block in enumerate(model.blocks, 1):
        for name, norm, part in (
            ("attention", block.attn_norm, block.attn),
            ("feed-forward", block.ff_norm, block.ff),
        ):
            written = part(norm(x))
            x = x + written
            writes.append(Write(f"L{i} {name}", length(written), length(x)))
    return writes


class PostNormBlock(TransformerBlock):
    """The block of 2017: the norms stand on the stream."""

    def forward(self, x):
        """(B, T, D) -> (B, T, D)"""
        x = self.attn_norm(x + self.attn(x))
        return self.ff_norm(x + self.ff(x))


@torch.no_grad()
def stream_by_depth(block_class, n_blocks=12):
    """The stream's root mean square after each of `n_blocks` new blocks."""
    sizes = []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        config = GPTConfig(97, 16, 64, 4, n_blocks)
        x = torch.randn(8, 16, 64)  # (B, T, D)
        for _ in range(n_blocks):
            block = block_class(config)
            for module in block.modules():
                if isinstance(module, nn.Linear):
                    nn.init.xavier_normal_(module.weight)
                    nn.init.zeros_(module.bias)
            x = block(x)
            sizes.append(x.square().mean().sqrt().item())
    return sizes


@cache
@torch.no_grad()
def austen_logits(prompt="I am very"):
    """The logits after a prompt, of the checkpoint trained on Austen: (V,),
    and the tokens of the vocabulary as text."""
    model, tokenizer, _ = shipped("austen")
    logits = model(torch.tensor([tokenizer.encode(prompt)]))[0, -1]  # (V,)
    tokens = [
        tokenizer.decode_bytes([i]).decode(errors="replace")
        for i in range(len(logits))
    ]
    return logits, tokens


class Routing(NamedTuple):
    """A router's decisions for T tokens and E experts."""

    probabilities: torch.Tensor  # (T, E)
    chosen: torch.Tensor  # (T, E), true for the top_k of each row
    shares: torch.Tensor  # (T, E), of the chosen, summing to one


@cache
@torch.no_grad()
def routing(n_experts=4, top_k=2, seed=4):
    """A seeded router over the tokens of chapter 4's example."""
    x = example().x  # (T, D)
    generator = torch.Generator().manual_seed(seed)
    weight = torch.randn(n_experts, x.shape[1], generator=generator)
    probabilities = (x @ weight.T / x.shape[1] ** 0.5).softmax(-1)
    best = probabilities.topk(top_k).indices  # (T, top_k)
    chosen = torch.zeros_like(probabilities).scatter(1, best, 1).bool()
    shares = probabilities * chosen
    return Routing(
        probabilities, chosen, shares / shares.sum(-1, keepdim=True)
    )
