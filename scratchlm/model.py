"""GPT-2: its parts, and the whole that they make.

`LanguageModel` is what every model of the course can do (ids in, logits out,
with a cache); `GPTModel` is GPT-2 in all its published sizes. Layers take
plain numbers, the block and the model a `GPTConfig`.

Left out on purpose: encoders, post-norm, and heads for other tasks.
"""

import math
from contextlib import contextmanager
from dataclasses import dataclass, fields

import torch
import torch.nn.functional as F
from torch import nn

from scratchlm.attention import (
    Cache,
    Dropout,
    KVCache,
    MultiHeadAttention,
)


def check_sizes(config):
    """Refuse numbers that make no model.

    Raises ValueError for a count that is no whole number of at least 1, and
    for heads that do not divide the width.
    """
    for field in fields(config):
        value = getattr(config, field.name)
        is_count = isinstance(value, int) and value is not True
        if field.type is int and not (is_count and value >= 1):
            raise ValueError(
                f"{field.name}={value}; it must be a whole number, at least 1"
            )
    if config.emb_dim % config.n_heads:
        raise ValueError(
            f"emb_dim={config.emb_dim} cannot be divided among "
            f"n_heads={config.n_heads}; take a multiple of it"
        )


@dataclass(frozen=True)
class GPTConfig:
    """The numbers that make a GPT-2.

    drop_rate is in [0, 1); tie_head shares the token embedding with the
    output layer. Raises ValueError when the numbers do not fit.
    """

    vocab_size: int
    context_length: int
    emb_dim: int
    n_heads: int
    n_layers: int
    drop_rate: float = 0.0
    qkv_bias: bool = True
    tie_head: bool = True

    def __post_init__(self):
        check_sizes(self)
        if not 0.0 <= self.drop_rate < 1.0:
            raise ValueError(
                f"drop_rate={self.drop_rate}; take 0.0 or more, less than 1.0"
            )


# The four sizes that OpenAI released; the name counts the parameters.
GPT_CONFIG_124M = GPTConfig(50257, 1024, 768, 12, 12)
GPT_CONFIG_355M = GPTConfig(50257, 1024, 1024, 16, 24)
GPT_CONFIG_774M = GPTConfig(50257, 1024, 1280, 20, 36)
GPT_CONFIG_1558M = GPTConfig(50257, 1024, 1600, 25, 48)
GPT_CONFIG_TINY = GPTConfig(2048, 128, 128, 4, 4)


# --- parts -----------------------------------------------------------------


def layer_norm(x, weight, bias, eps=1e-5):
    """Normalise each token's features, written out: (..., D) -> (..., D).

    The variance is the mean of squares (divided by D, not D - 1). The same
    as `nn.LayerNorm`. Source: Ba et al. 2016 (arXiv 1607.06450).
    """
    centred = x - x.mean(-1, keepdim=True)
    variance = centred.square().mean(-1, keepdim=True)
    return centred / (variance + eps).sqrt() * weight + bias


def gelu(x):
    """GPT-2's activation, the tanh form, written out.

    The same as `F.gelu(x, approximate="tanh")`. Source: Hendrycks and Gimpel
    2016 (arXiv 1606.08415), section 2.
    """
    inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
    return 0.5 * x * (1 + inner.tanh())


class FeedForward(nn.Module):
    """Each token by itself: out to 4 D features, GELU, back to D."""

    def __init__(self, emb_dim):
        super().__init__()
        self.up = nn.Linear(emb_dim, 4 * emb_dim)
        self.down = nn.Linear(4 * emb_dim, emb_dim)

    def forward(self, x):
        """(B, T, D) -> (B, T, D)"""
        return self.down(F.gelu(self.up(x), approximate="tanh"))


class TransformerBlock(nn.Module):
    """Attention, then feed-forward, each added to the residual stream.

    The norms stand before the two parts (pre-norm), never on the stream.
    """

    def __init__(self, config):
        super().__init__()
        self.attn_norm = nn.LayerNorm(config.emb_dim)
        self.attn = MultiHeadAttention(
            config.emb_dim,
            config.n_heads,
            drop_rate=config.drop_rate,
            qkv_bias=config.qkv_bias,
        )
        self.ff_norm = nn.LayerNorm(config.emb_dim)
        self.ff = FeedForward(config.emb_dim)
        self.drop = Dropout(config.drop_rate)

    def forward(self, x, mask=None, rotary=None, cache=None):
        """(B, T, D) -> (B, T, D); see `MultiHeadAttention.forward`."""
        x = x + self.drop(self.attn(self.attn_norm(x), mask, rotary, cache))
        return x + self.drop(self.ff(self.ff_norm(x)))


# --- the whole -------------------------------------------------------------


@contextmanager
def evaluating(model):
    """Switch dropout off, and put every module's mode back afterwards.

    >>> model = nn.Dropout(0.5)
    >>> with evaluating(model):
    ...     model(torch.ones(3))
    tensor([1., 1., 1.])
    >>> model.training
    True
    """
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield model
    finally:
        for module, mode in modes:
            module.training = mode


class LanguageModel(nn.Module):
    """From token ids to logits, through blocks; the base of all models.

    A subclass sets `config`, `token_embedding`, `blocks`, `final_norm` and
    `head`, and says in `embed` and `rotary` how positions come in.
    """

    def embed(self, token_ids, positions):
        """The vectors that enter the first block: (B, T, D)."""
        return self.token_embedding(token_ids)

    def rotary(self, positions):
        """(cos, sin) for the attention; none in a model without rotary."""

    def hidden_states(self, token_ids, positions=None, mask=None, cache=None):
        """What the head reads, after the last norm: (B, T, D).

        token_ids: (B, T) integers
        positions: (T,) or (B, T); default: they follow those in the cache
        mask: boolean, broadcastable to (B, 1, T, T_k), True where a token
            may look; T_k counts the cache too. The model is causal anyway
        cache: from `new_cache`; it is filled with these tokens

        Raises ValueError when cache and tokens exceed context_length, for
        ids that are not (B, T), and for a mask of numbers.
        """
        if token_ids.dim() != 2:
            raise ValueError(
                f"token_ids have the shape {tuple(token_ids.shape)}, not "
                "(B, T); a single row is token_ids[None]"
            )
        if mask is not None and mask.dtype != torch.bool:
            raise ValueError(
                f"the mask is {mask.dtype}, not torch.bool; say where a token "
                "may look, for instance mask == 0 for one of 0 and -inf"
            )
        start = 0 if cache is None else cache.length
        end = start + token_ids.shape[1]
        if end > self.config.context_length:
            raise ValueError(
                f"{end} tokens exceed context_length="
                f"{self.config.context_length}; give fewer at once or cut "
                "the beginning"
            )
        if positions is None:
            positions = torch.arange(start, end, device=token_ids.device)
        x = self.embed(token_ids, positions)  # (B, T, D)
        rotary = self.rotary(positions)
        layers = [None] * len(self.blocks) if cache is None else cache.layers
        for block, layer in zip(self.blocks, layers, strict=True):
            x = block(x, mask, rotary, layer)
        return self.final_norm(x)

    def forward(self, token_ids, positions=None, mask=None, cache=None):
        """Logits of the next token after each: (B, T, V).

        Arguments and errors as in `hidden_states`.
        """
        return self.head(self.hidden_states(token_ids, positions, mask, cache))

    def new_cache(self, batch_size, n_tokens=None):
        """An empty cache for `n_tokens` (default: context_length).

        For use under torch.no_grad() or torch.inference_mode().
        """
        if n_tokens is None:
            n_tokens = self.config.context_length
        return Cache(
            [
                KVCache(
                    batch_size,
                    block.attn.n_kv_heads,
                    n_tokens,
                    block.attn.head_dim,
                    like=self.token_embedding.weight,
                )
                for block in self.blocks
            ]
        )

    def n_parameters(self):
        """Numbers that training can change; a shared weight counts once."""
        return sum(parameter.numel() for parameter in self.parameters())

    def initialize(self, projections):
        """Draw all weights as GPT-2 does: N(0, 0.02), biases 0.

        The `projections` onto the residual stream start smaller, by
        1 / sqrt(their number), so that the stream's variance does not grow
        with depth. Source: Radford et al. 2019, section 2.3; their code draws
        the position table with 0.01, this one does not tell it apart.
        """
        small = {id(module) for module in projections}
        for module in self.modules():
            if isinstance(module, nn.Linear | nn.Embedding):
                shrink = math.sqrt(len(small)) if id(module) in small else 1
                nn.init.normal_(module.weight, std=0.02 / shrink)
            if isinstance(module, nn.Linear) and module.bias is not None:
                nn.init.zeros_(module.bias)


class GPTModel(LanguageModel):
    """GPT-2, with learned positions.

    Source: Radford et al. 2019, "Language Models are Unsupervised Multitask
    Learners".
    """

    def __init__(self, config):
        super().__init__()
        self.config = config
        vocab_size, emb_dim = config.vocab_size, config.emb_dim
        self.token_embedding = nn.Embedding(vocab_size, emb_dim)
        self.position_embedding = nn.Embedding(config.context_length, emb_dim)
        self.drop = Dropout(config.drop_rate)
        self.blocks = nn.ModuleList(
            TransformerBlock(config) for _ in range(config.n_layers)
        )
        self.final_norm = nn.LayerNorm(emb_dim)
        self.head = nn.Linear(emb_dim, vocab_size, bias=False)
        if config.tie_head:
            self.head.weight = self.token_embedding.weight
        self.initialize(
            layer
            for block in self.blocks
            for layer in (block.attn.out, block.ff.down)
        )

    def embed(self, token_ids, positions):
        """Token plus position: (B, T, D)."""
        tokens = self.token_embedding(token_ids)  # (B, T, D)
        return self.drop(tokens + self.position_embedding(positions))
