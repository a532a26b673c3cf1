"""The modern block: four changes that lead from GPT-2 to Llama.

RMSNorm instead of LayerNorm, rotary positions instead of learned ones, a
gated feed-forward part (SwiGLU), and grouped key-value heads; biases and
dropout are gone. The interface is that of `GPTModel`.

Left out on purpose: mixtures of experts and the variants of single models.
"""

from dataclasses import dataclass

import torch.nn.functional as F
from torch import nn

from scratchlm.attention import MultiHeadAttention
from scratchlm.embeddings import rotary_frequencies, rotary_table
from scratchlm.model import LanguageModel, check_sizes


@dataclass(frozen=True)
class LlamaConfig:
    """The numbers that make a Llama.

    hidden_dim is the width inside the feed-forward part; rope_base sets the
    slowest rotation. Raises ValueError when the numbers do not fit.
    """

    vocab_size: int
    context_length: int
    emb_dim: int
    n_heads: int
    n_kv_heads: int
    n_layers: int
    hidden_dim: int
    rope_base: float = 10_000.0
    norm_eps: float = 1e-5
    tie_head: bool = True

    def __post_init__(self):
        check_sizes(self)
        if self.n_heads % self.n_kv_heads:
            raise ValueError(
                f"n_heads={self.n_heads} cannot share "
                f"n_kv_heads={self.n_kv_heads}; take a divisor of n_heads"
            )
        if self.rope_base <= 0 or self.norm_eps <= 0:
            raise ValueError(
                f"rope_base={self.rope_base}, norm_eps={self.norm_eps}; both "
                "must be above 0"
            )
        if self.emb_dim // self.n_heads % 2:
            raise ValueError(
                f"head_dim={self.emb_dim // self.n_heads} is odd, and rotary "
                "positions turn pairs; change emb_dim or n_heads"
            )


SMOLLM2_CONFIG_135M = LlamaConfig(
    vocab_size=49152,
    context_length=8192,
    emb_dim=576,
    n_heads=9,
    n_kv_heads=3,
    n_layers=30,
    hidden_dim=1536,
    rope_base=100_000.0,
)


def rms_norm(x, weight, eps=1e-5):
    """Scale each token's features to mean square 1: (..., D) -> (..., D).

    No mean is subtracted and no bias added. Written out; the same as
    `nn.RMSNorm`. Source: Zhang and Sennrich 2019 (arXiv 1910.07467),
    equation 4.
    """
    return x * (x.square().mean(-1, keepdim=True) + eps).rsqrt() * weight


class SwiGLU(nn.Module):
    """A feed-forward part in which one projection gates the other.

    down(silu(gate(x)) * up(x)), with gate and up in one projection. Source:
    Shazeer 2020 (arXiv 2002.05202), equation 6.
    """

    def __init__(self, emb_dim, hidden_dim):
        super().__init__()
        self.gate_up = nn.Linear(emb_dim, 2 * hidden_dim, bias=False)
        self.down = nn.Linear(hidden_dim, emb_dim, bias=False)

    def forward(self, x):
        """(B, T, D) -> (B, T, D)"""
        gate, up = self.gate_up(x).chunk(2, dim=-1)  # (B, T, hidden_dim)
        return self.down(F.silu(gate) * up)


class LlamaBlock(nn.Module):
    """Attention, then SwiGLU, each added to the residual stream."""

    def __init__(self, config):
        super().__init__()
        emb_dim, eps = config.emb_dim, config.norm_eps
        self.attn_norm = nn.RMSNorm(emb_dim, eps)
        self.attn = MultiHeadAttention(
            emb_dim, config.n_heads, config.n_kv_heads, out_bias=False
        )
        self.ff_norm = nn.RMSNorm(emb_dim, eps)
        self.ff = SwiGLU(emb_dim, config.hidden_dim)

    def forward(self, x, mask=None, rotary=None, cache=None):
        """(B, T, D) -> (B, T, D); see `MultiHeadAttention.forward`."""
        x = x + self.attn(self.attn_norm(x), mask, rotary, cache)
        return x + self.ff(self.ff_norm(x))


class LlamaModel(LanguageModel):
    """A Llama: GPT-2's plan with the four changes.

    Source: Touvron et al. 2023 (arXiv 2302.13971), section 2.2.
    """

    def __init__(self, config):
        super().__init__()
        self.config = config
        vocab_size, emb_dim = config.vocab_size, config.emb_dim
        self.token_embedding = nn.Embedding(vocab_size, emb_dim)
        self.blocks = nn.ModuleList(
            LlamaBlock(config) for _ in range(config.n_layers)
        )
        self.final_norm = nn.RMSNorm(emb_dim, config.norm_eps)
        self.head = nn.Linear(emb_dim, vocab_size, bias=False)
        if config.tie_head:
            self.head.weight = self.token_embedding.weight
        self.initialize(
            layer
            for block in self.blocks
            for layer in (block.attn.out, block.ff.down)
        )

    def rotary(self, positions):
        """(cos, sin) at `positions`, for all layers and heads."""
        config = self.config
        frequencies = rotary_frequencies(
            config.emb_dim // config.n_heads, config.rope_base
        )
        cos, sin = rotary_table(positions, frequencies)
        if positions.dim() == 2:
            cos, sin = cos[:, None], sin[:, None]  # (B, 1, T, Dh / 2)
        return cos, sin
