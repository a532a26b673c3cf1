"""Attention: tokens look at earlier tokens and mix what they find.

`attend` is scaled dot-product attention written out, `attend_fused` the same
in PyTorch's fused kernel, `attend_tiled` the same without ever holding all
scores. `MultiHeadAttention` splits the features over heads and always looks
back only. Masks are boolean, True where a query may look at a key.

Left out on purpose: attention to another sequence (cross-attention), relative
position biases, and kernels for one make of GPU.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

from scratchlm.blocked import Dropout, attend_blocks, keep_mask
from scratchlm.embeddings import rotate
from scratchlm.kv_cache import Cache, KVCache

__all__ = [
    "Cache",
    "Dropout",
    "KVCache",
    "MultiHeadAttention",
    "attend",
    "attend_blocks",
    "attend_fused",
    "attend_tiled",
    "causal_mask",
    "document_mask",
    "keep_mask",
    "padding_mask",
    "repeat_heads",
    "sliding_window_mask",
]

BLOCKS_UP_TO = 1024  # tokens; above it the fused kernel is faster and smaller

# --- masks -----------------------------------------------------------------


def causal_mask(n_queries, n_keys=None, device=None):
    """Each query sees the keys up to its own position: (T, T_k).

    With more keys than queries (a cache holds the earlier ones) the last
    query stands at the last key. Raises ValueError for fewer keys.

    >>> causal_mask(2, 4).int()
    tensor([[1, 1, 1, 0],
            [1, 1, 1, 1]], dtype=torch.int32)
    """
    n_keys = n_queries if n_keys is None else n_keys
    if n_keys < n_queries:
        raise ValueError(
            f"{n_queries} queries have only {n_keys} keys; a query needs at "
            "least its own"
        )
    ones = torch.ones(n_queries, n_keys, dtype=torch.bool, device=device)
    return ones.tril(n_keys - n_queries)  # (T, T_k)


def sliding_window_mask(n_queries, n_keys=None, *, window, device=None):
    """Causal, and at most `window` keys back, the own one included.

    Returns (T, T_k). With L layers a token is reached by the
    L * (window - 1) tokens before it. Raises ValueError when window < 1.
    Source: Beltagy et al. 2020 (arXiv 2004.05150), section 3.1.
    """
    if window < 1:
        raise ValueError(f"window={window} hides all keys; take at least 1")
    causal = causal_mask(n_queries, n_keys, device)
    return causal & ~causal.tril(causal.shape[1] - n_queries - window)


def padding_mask(is_token):
    """Hide the keys that are padding.

    is_token: (B, T), True or 1 for tokens, False or 0 for padding
    returns: (B, 1, 1, T)
    """
    return is_token.bool()[:, None, None, :]  # (B, 1, 1, T)


def document_mask(document_ids):
    """Tokens see tokens of their own document only.

    document_ids: (B, T) integers
    returns: (B, 1, T, T)
    """
    same = document_ids[:, :, None] == document_ids[:, None, :]  # (B, T, T)
    return same[:, None]  # (B, 1, T, T)


# --- one attention, three ways ---------------------------------------------


def repeat_heads(x, n_heads):
    """Give each of `n_heads` query heads its key or value head.

    x: (B, H_kv, T, Dh), where H_kv divides n_heads; head h of the result,
    (B, H, T, Dh), is head h // (H / H_kv) of x: neighbours share one.
    """
    return x.repeat_interleave(n_heads // x.shape[1], dim=1)


def attend(queries, keys, values, mask=None, drop_rate=0.0):
    """Scaled dot-product attention, written out.

    queries: (B, H, T, Dh); keys and values: (B, H_kv, T_k, Dh)
    mask: boolean, broadcastable to (B, H, T, T_k), True where a query may
        look; None lets every query see every key
    drop_rate: share of the weights set to zero, the others scaled by
        1 / (1 - drop_rate); pass 0.0 outside training
    returns: the context (B, H, T, Dh) and attn_weights (B, H, T, T_k), as
        they were before dropout

    Each row of the weights sums to one; a query that may see no key gets
    zeros. Source: Vaswani et al. 2017 (arXiv 1706.03762), equation 1.

    >>> x = torch.tensor([[1.0, 0.0], [0.0, 1.0]]).view(1, 1, 2, 2)
    >>> context, attn_weights = attend(x, x, x, causal_mask(2))
    >>> attn_weights[0, 0].round(decimals=3)
    tensor([[1.0000, 0.0000],
            [0.3300, 0.6700]])
    """
    keys = repeat_heads(keys, queries.shape[1])
    values = repeat_heads(values, queries.shape[1])
    attn_scores = queries @ keys.transpose(-2, -1)  # (B, H, T, T_k)
    attn_scores = attn_scores / math.sqrt(queries.shape[-1])
    if mask is not None:
        attn_scores = attn_scores.masked_fill(~mask, -torch.inf)
    attn_weights = attn_scores.softmax(dim=-1)
    if mask is not None:  # a row of -inf only gives 0/0
        attn_weights = attn_weights.masked_fill(~mask, 0.0)
    kept = attn_weights
    if drop_rate:
        kept = attn_weights * keep_mask(attn_weights, drop_rate)
    return kept @ values, attn_weights  # (B, H, T, Dh), (B, H, T, T_k)


def attend_fused(queries, keys, values, mask=None, drop_rate=0.0):
    """Causal attention as fast as it gets: the context, (B, H, T, Dh).

    As `attend` with `causal_mask`, to which `mask` is added, without the
    weights. Each shortcut matters: what is purely causal skips half of the
    work (on a processor in `attend_blocks`, else in PyTorch's fused kernel),
    one query needs no causal mask, and the queries of one group then share
    their keys without a copy.
    """
    n_heads, n_queries = queries.shape[1:3]
    n_kv_heads, n_keys = keys.shape[1:3]
    if (
        n_queries == 1
        and n_kv_heads < n_heads
        and mask is None
        and not (drop_rate)
    ):
        group = queries.reshape(len(queries), n_kv_heads, -1, keys.shape[-1])
        context = F.scaled_dot_product_attention(group, keys, values)
        return context.reshape(queries.shape)  # (B, H, 1, Dh)
    if n_kv_heads < n_heads:
        keys = repeat_heads(keys, n_heads)
        values = repeat_heads(values, n_heads)
    is_causal = mask is None and n_queries == n_keys
    on_cpu = queries.device.type == "cpu"
    if is_causal and on_cpu and 1 < n_queries <= BLOCKS_UP_TO:
        return attend_blocks(queries, keys, values, drop_rate)
    if not is_causal and n_queries > 1:
        causal = causal_mask(n_queries, n_keys, queries.device)
        mask = causal if mask is None else causal & mask
    return F.scaled_dot_product_attention(
        queries, keys, values, mask, drop_rate, is_causal
    )


def attend_tiled(queries, keys, values, mask=None, tile=64):
    """Attention one tile of keys at a time, with the online softmax.

    The result is that of `attend`, but no more than `tile` scores a query
    exist at once. After each tile the running maximum may have grown; sums
    made with the old one are then scaled down by exp(old - new).

    Raises ValueError when tile < 1. Source: Milakov and Gimelshein 2018
    (arXiv 1805.02867), algorithm 3; Dao et al. 2022 (arXiv 2205.14135).
    """
    if tile < 1:
        raise ValueError(f"tile={tile} holds no key; take at least 1")
    keys = repeat_heads(keys, queries.shape[1])
    values = repeat_heads(values, queries.shape[1])
    n_queries, n_keys = queries.shape[2], keys.shape[2]
    total = torch.zeros_like(queries)  # (B, H, T, Dh)
    norm = queries.new_zeros((*queries.shape[:3], 1))  # (B, H, T, 1)
    maximum = torch.full_like(norm, -torch.inf)
    for start in range(0, n_keys, tile):
        part = slice(start, start + tile)
        scores = queries @ keys[:, :, part].transpose(-2, -1)
        scores = scores / math.sqrt(queries.shape[-1])  # (B, H, T, tile)
        if mask is not None:
            visible = mask.expand(*mask.shape[:-2], n_queries, n_keys)
            scores = scores.masked_fill(~visible[..., part], -torch.inf)
        new = torch.maximum(maximum, scores.amax(-1, keepdim=True))
        finite = new.masked_fill(new == -torch.inf, 0.0)  # nothing seen yet
        shrink = (maximum - finite).exp()
        weights = (scores - finite).exp()
        total = total * shrink + weights @ values[:, :, part]
        norm = norm * shrink + weights.sum(-1, keepdim=True)
        maximum = new
    return total / norm.masked_fill(norm == 0.0, 1.0)  # (B, H, T, Dh)


# --- the layer -------------------------------------------------------------


class MultiHeadAttention(nn.Module):
    """Causal self-attention with H heads that share one projection.

    The D features, not the tokens, are divided among the heads; each head
    attends with its own D / H of them. Fewer key and value heads than query
    heads (grouped-query attention) make the cache smaller.

    Raises ValueError when the heads do not divide evenly. Source: Vaswani et
    al. 2017 (arXiv 1706.03762), section 3.2.2; grouped heads: Ainslie et al.
    2023 (arXiv 2305.13245).
    """

    def __init__(
        self,
        emb_dim,
        n_heads,
        n_kv_heads=None,
        drop_rate=0.0,
        qkv_bias=False,
        out_bias=True,
    ):
        super().__init__()
        n_kv_heads = n_heads if n_kv_heads is None else n_kv_heads
        if emb_dim % n_heads or n_heads % n_kv_heads:
            raise ValueError(
                f"emb_dim={emb_dim}, n_heads={n_heads} and n_kv_heads="
                f"{n_kv_heads} do not fit: heads must divide the width, and "
                "key-value heads the heads"
            )
        self.head_dim = emb_dim // n_heads
        self.n_heads, self.n_kv_heads = n_heads, n_kv_heads
        self.drop_rate = drop_rate
        qkv_dim = (n_heads + 2 * n_kv_heads) * self.head_dim
        self.qkv = nn.Linear(emb_dim, qkv_dim, bias=qkv_bias)
        self.out = nn.Linear(emb_dim, emb_dim, bias=out_bias)

    def project(self, x):
        """Queries (B, H, T, Dh), keys and values (B, H_kv, T, Dh) of x."""
        n_heads, n_kv_heads = self.n_heads, self.n_kv_heads
        qkv = self.qkv(x)  # (B, T, (H + 2 H_kv) Dh)
        qkv = qkv.view(*x.shape[:2], -1, self.head_dim).transpose(1, 2)
        return qkv.split([n_heads, n_kv_heads, n_kv_heads], dim=1)

    def forward(self, x, mask=None, rotary=None, cache=None):
        """Mix each token with those before it: (B, T, D) -> (B, T, D).

        mask: boolean, broadcastable to (B, H, T, T_k), True where a query
            may look; it can only take away from what is causal
        rotary: (cos, sin) of `rotary_table` at the tokens' positions
        cache: a KVCache that holds the tokens before these
        """
        queries, keys, values = self.project(x)
        if rotary is not None:
            queries, keys = rotate(queries, *rotary), rotate(keys, *rotary)
        if cache is not None:
            keys, values = cache.append(keys, values)
        drop_rate = self.drop_rate if self.training else 0.0
        context = attend_fused(queries, keys, values, mask, drop_rate)
        return self.out(context.transpose(1, 2).flatten(2))  # (B, T, D)

    def attn_weights(self, x, mask=None, rotary=None):
        """What each head looks at, written out: (B, H, T, T)."""
        queries, keys, values = self.project(x)
        if rotary is not None:
            queries, keys = rotate(queries, *rotary), rotate(keys, *rotary)
        visible = causal_mask(x.shape[1], device=x.device)
        if mask is not None:
            visible = visible & mask
        return attend(queries, keys, values, visible)[1]
