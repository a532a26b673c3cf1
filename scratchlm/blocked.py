"""Dropout, and causal attention in blocks with its own backward pass.

Here is what makes training fast on a processor. Both compute what PyTorch's
`nn.Dropout` and its fused attention compute; benchmarks/README.md has the
ratios.

Left out on purpose: masks other than the causal one, and gradients of
gradients.
"""

import math

import torch
from torch import nn
from torch.autograd.function import once_differentiable


def keep_mask(like, drop_rate):
    """Dropout as a factor: 0, or 1 / (1 - drop_rate) for what stays.

    like: a tensor, for shape, dtype and device

    The random numbers are what dropout costs, so four are cut from each
    64-bit one; the rate is exact to 1 / 2**17.
    """
    n_words = -(-like.numel() // 4)
    words = torch.empty(n_words, dtype=torch.int64, device=like.device)
    uniform = words.random_(-(2**63), None).view(torch.int16)
    uniform = uniform[: like.numel()].view(like.shape)  # -2**15 ... 2**15 - 1
    kept = uniform >= round(drop_rate * 2**16) - 2**15
    return kept.to(like.dtype).div_(1 - drop_rate)


class Dropout(nn.Module):
    """In training, set a share of the numbers to zero and scale the others.

    The scale 1 / (1 - drop_rate) keeps the mean; in evaluation nothing is
    changed. Source: Srivastava et al. 2014, JMLR 15; as `nn.Dropout`.
    """

    def __init__(self, drop_rate):
        super().__init__()
        self.drop_rate = drop_rate

    def forward(self, x):
        """Any shape, kept."""
        if self.training and self.drop_rate:
            return x * keep_mask(x, self.drop_rate)
        return x


class BlockedAttention(torch.autograd.Function):
    """Causal attention, some queries at a time, each block with its past.

    What is above the diagonal is never computed, which halves the work, and
    a block is a few large products. On a processor this trains faster than
    PyTorch's fused kernel (benchmarks/README.md has the ratio).
    """

    @staticmethod
    def forward(ctx, queries, keys, values, block, drop_rate):
        """All (N, T, Dh), where N is B times H; returns the context."""
        scale = 1 / math.sqrt(queries.shape[-1])
        n_tokens = queries.shape[1]
        future = torch.full((block, block), -torch.inf).triu(1).to(queries)
        context, all_weights, kept = torch.empty_like(queries), [], []
        for start in range(0, n_tokens, block):
            end = min(start + block, n_tokens)
            own = future[: end - start, : end - start]
            scores = (queries[:, start:end] * scale) @ keys[:, :end].mT
            scores[:, :, start:] += own
            weights = scores.softmax(-1)  # (N, block, end)
            mask = keep_mask(weights, drop_rate) if drop_rate else None
            mixed = weights if mask is None else weights * mask
            context[:, start:end] = mixed @ values[:, :end]
            if any(ctx.needs_input_grad):
                all_weights.append(weights)
                kept += [] if mask is None else [mask]
        ctx.save_for_backward(queries, keys, values, *all_weights, *kept)
        ctx.block = block
        return context

    @staticmethod
    @once_differentiable
    def backward(ctx, grad):
        """The gradients by queries, keys and values; grad: (N, T, Dh)."""
        queries, keys, values, *blocks = ctx.saved_tensors
        n_blocks = -(-queries.shape[1] // ctx.block)
        all_weights, kept = blocks[:n_blocks], blocks[n_blocks:]
        scale = 1 / math.sqrt(queries.shape[-1])
        grad_queries = torch.empty_like(queries)
        grad_keys, grad_values = torch.zeros_like(keys), torch.zeros_like(keys)
        for i, weights in enumerate(all_weights):
            start, end = i * ctx.block, i * ctx.block + weights.shape[1]
            own = slice(start, end)
            mixed = weights * kept[i] if kept else weights
            grad_values[:, :end] += mixed.mT @ grad[:, own]
            grad_weights = grad[:, own] @ values[:, :end].mT
            if kept:
                grad_weights *= kept[i]
            # softmax: each row of the Jacobian is w * (grad - sum(w * grad))
            grad_scores = torch._softmax_backward_data(
                grad_weights, weights, -1, weights.dtype
            )
            grad_queries[:, own] = grad_scores @ keys[:, :end] * scale
            grad_keys[:, :end] += grad_scores.mT @ queries[:, own] * scale
        return grad_queries, grad_keys, grad_values, None, None


def attend_blocks(queries, keys, values, drop_rate=0.0):
    """Causal attention in blocks of queries: (B, H, T, Dh) each and out.

    As `attend` with `causal_mask`; there must be as many keys as queries.
    """
    n_tokens = queries.shape[2]
    flat = [x.reshape(-1, *x.shape[2:]) for x in (queries, keys, values)]
    block = max(64, n_tokens // 8)
    context = BlockedAttention.apply(*flat, block, drop_rate)
    return context.view(queries.shape)  # (B, H, T, Dh)
