# %% correct: by_einsum
import torch
from torch import nn


class MultiHeadAttention(nn.Module):
    def __init__(self, emb_dim, n_heads):
        super().__init__()
        width, rest = divmod(emb_dim, n_heads)
        if rest:
            raise ValueError("emb_dim must be a multiple of n_heads")
        self.h, self.w = n_heads, width
        self.qkv = nn.Linear(emb_dim, 3 * emb_dim)
        self.out = nn.Linear(emb_dim, emb_dim)

    def forward(self, x):
        b, t, d = x.shape
        y = self.qkv(x).reshape(b, t, 3, self.h, self.w)
        a = torch.einsum("bihw,bjhw->bhij", y[:, :, 0], y[:, :, 1])
        a = a * self.w**-0.5 + torch.full((t, t), float("-inf")).triu(1).to(x)
        z = torch.einsum("bhij,bjhw->bihw", torch.softmax(a, -1), y[:, :, 2])
        return self.out(z.reshape(b, t, d))


# %% wrong: tokens_split
# why: view both ways
# says: cuts the *tokens* apart
import torch
from torch import nn


class MultiHeadAttention(nn.Module):
    """Causal attention of H heads, in one product for all."""

    def __init__(self, emb_dim, n_heads):
        super().__init__()
        if emb_dim % n_heads:
            raise ValueError(f"{n_heads} heads do not divide {emb_dim}")
        self.n_heads = n_heads
        self.qkv = nn.Linear(emb_dim, 3 * emb_dim)
        self.out = nn.Linear(emb_dim, emb_dim)

    def forward(self, x):
        n_rows, n, emb_dim = x.shape
        parts = self.qkv(x).chunk(3, -1)
        q, k, v = (
            part.reshape(n_rows, self.n_heads, n, -1)
            for part in parts
        )  # (B, H, T, Dh)
        scores = q @ k.mT / q.shape[-1] ** 0.5
        later = torch.ones(n, n, dtype=torch.bool).triu(1)
        weights = scores.masked_fill(later, -torch.inf).softmax(-1)
        mixed = (weights @ v).reshape(n_rows, n, emb_dim)
        return self.out(mixed)


# %% wrong: tokens_split_on_the_way_in
# why: view, then a right join
# says: a direct view to (B, H, T, Dh)
import torch
from torch import nn


class MultiHeadAttention(nn.Module):
    """Causal attention of H heads, in one product for all."""

    def __init__(self, emb_dim, n_heads):
        super().__init__()
        if emb_dim % n_heads:
            raise ValueError(f"{n_heads} heads do not divide {emb_dim}")
        self.n_heads = n_heads
        self.qkv = nn.Linear(emb_dim, 3 * emb_dim)
        self.out = nn.Linear(emb_dim, emb_dim)

    def forward(self, x):
        n_rows, n, emb_dim = x.shape
        parts = self.qkv(x).chunk(3, -1)
        q, k, v = (
            part.reshape(n_rows, self.n_heads, n, -1)
            for part in parts
        )  # (B, H, T, Dh)
        scores = q @ k.mT / q.shape[-1] ** 0.5
        later = torch.ones(n, n, dtype=torch.bool).triu(1)
        weights = scores.masked_fill(later, -torch.inf).softmax(-1)
        mixed = (weights @ v).transpose(1, 2).reshape(n_rows, n, emb_dim)
        return self.out(mixed)


# %% wrong: not_moved_back
# why: heads joined without transpose
# says: On the way out, move the heads back
import torch
from torch import nn


class MultiHeadAttention(nn.Module):
    """Causal attention of H heads, in one product for all."""

    def __init__(self, emb_dim, n_heads):
        super().__init__()
        if emb_dim % n_heads:
            raise ValueError(f"{n_heads} heads do not divide {emb_dim}")
        self.n_heads = n_heads
        self.qkv = nn.Linear(emb_dim, 3 * emb_dim)
        self.out = nn.Linear(emb_dim, emb_dim)

    def forward(self, x):
        n_rows, n, emb_dim = x.shape
        parts = self.qkv(x).chunk(3, -1)
        q, k, v = (
            part.view(n_rows, n, self.n_heads, -1).transpose(1, 2)
            for part in parts
        )  # (B, H, T, Dh)
        scores = q @ k.mT / q.shape[-1] ** 0.5
        later = torch.ones(n, n, dtype=torch.bool).triu(1)
        weights = scores.masked_fill(later, -torch.inf).softmax(-1)
        mixed = (weights @ v).reshape(n_rows, n, emb_dim)
        return self.out(mixed)


# %% wrong: scaled_by_the_width
# why: sqrt(D)
# says: You scale by sqrt(D)
import torch
from torch import nn


class MultiHeadAttention(nn.Module):
    """Causal attention of H heads, in one product for all."""

    def __init__(self, emb_dim, n_heads):
        super().__init__()
        if emb_dim % n_heads:
            raise ValueError(f"{n_heads} heads do not divide {emb_dim}")
        self.n_heads = n_heads
        self.qkv = nn.Linear(emb_dim, 3 * emb_dim)
        self.out = nn.Linear(emb_dim, emb_dim)

    def forward(self, x):
        n_rows, n, emb_dim = x.shape
        parts = self.qkv(x).chunk(3, -1)
        q, k, v = (
            part.view(n_rows, n, self.n_heads, -1).transpose(1, 2)
            for part in parts
        )  # (B, H, T, Dh)
        scores = q @ k.mT / emb_dim**0.5
        later = torch.ones(n, n, dtype=torch.bool).triu(1)
        weights = scores.masked_fill(later, -torch.inf).softmax(-1)
        mixed = (weights @ v).transpose(1, 2).reshape(n_rows, n, emb_dim)
        return self.out(mixed)


# %% wrong: no_mask
# why: sees all
# says: Tokens see later tokens: the mask
import torch
from torch import nn


class MultiHeadAttention(nn.Module):
    """Causal attention of H heads, in one product for all."""

    def __init__(self, emb_dim, n_heads):
        super().__init__()
        if emb_dim % n_heads:
            raise ValueError(f"{n_heads} heads do not divide {emb_dim}")
        self.n_heads = n_heads
        self.qkv = nn.Linear(emb_dim, 3 * emb_dim)
        self.out = nn.Linear(emb_dim, emb_dim)

    def forward(self, x):
        n_rows, n, emb_dim = x.shape
        parts = self.qkv(x).chunk(3, -1)
        q, k, v = (
            part.view(n_rows, n, self.n_heads, -1).transpose(1, 2)
            for part in parts
        )  # (B, H, T, Dh)
        scores = q @ k.mT / q.shape[-1] ** 0.5
        later = torch.ones(n, n, dtype=torch.bool).triu(1)
        weights = scores.softmax(-1)
        mixed = (weights @ v).transpose(1, 2).reshape(n_rows, n, emb_dim)
        return self.out(mixed)


# %% wrong: no_projection
# why: out unused
# says: The output projection `out` is not used
import torch
from torch import nn


class MultiHeadAttention(nn.Module):
    """Causal attention of H heads, in one product for all."""

    def __init__(self, emb_dim, n_heads):
        super().__init__()
        if emb_dim % n_heads:
            raise ValueError(f"{n_heads} heads do not divide {emb_dim}")
        self.n_heads = n_heads
        self.qkv = nn.Linear(emb_dim, 3 * emb_dim)
        self.out = nn.Linear(emb_dim, emb_dim)

    def forward(self, x):
        n_rows, n, emb_dim = x.shape
        parts = self.qkv(x).chunk(3, -1)
        q, k, v = (
            part.view(n_rows, n, self.n_heads, -1).transpose(1, 2)
            for part in parts
        )  # (B, H, T, Dh)
        scores = q @ k.mT / q.shape[-1] ** 0.5
        later = torch.ones(n, n, dtype=torch.bool).triu(1)
        weights = scores.masked_fill(later, -torch.inf).softmax(-1)
        mixed = (weights @ v).transpose(1, 2).reshape(n_rows, n, emb_dim)
        return mixed


# %% wrong: keys_first
# why: k, q, v
# says: you take keys first
import torch
from torch import nn


class MultiHeadAttention(nn.Module):
    """Causal attention of H heads, in one product for all."""

    def __init__(self, emb_dim, n_heads):
        super().__init__()
        if emb_dim % n_heads:
            raise ValueError(f"{n_heads} heads do not divide {emb_dim}")
        self.n_heads = n_heads
        self.qkv = nn.Linear(emb_dim, 3 * emb_dim)
        self.out = nn.Linear(emb_dim, emb_dim)

    def forward(self, x):
        n_rows, n, emb_dim = x.shape
        parts = self.qkv(x).chunk(3, -1)
        k, q, v = (
            part.view(n_rows, n, self.n_heads, -1).transpose(1, 2)
            for part in parts
        )  # (B, H, T, Dh)
        scores = q @ k.mT / q.shape[-1] ** 0.5
        later = torch.ones(n, n, dtype=torch.bool).triu(1)
        weights = scores.masked_fill(later, -torch.inf).softmax(-1)
        mixed = (weights @ v).transpose(1, 2).reshape(n_rows, n, emb_dim)
        return self.out(mixed)


# %% wrong: cut_head_by_head
# why: (H, 3, Dh)
# says: You cut qkv head by head
import torch
from torch import nn


class MultiHeadAttention(nn.Module):
    """Causal attention of H heads, in one product for all."""

    def __init__(self, emb_dim, n_heads):
        super().__init__()
        if emb_dim % n_heads:
            raise ValueError(f"{n_heads} heads do not divide {emb_dim}")
        self.n_heads = n_heads
        self.qkv = nn.Linear(emb_dim, 3 * emb_dim)
        self.out = nn.Linear(emb_dim, emb_dim)

    def forward(self, x):
        n_rows, n, emb_dim = x.shape
        parts = self.qkv(x).view(n_rows, n, self.n_heads, 3, -1)
        q, k, v = (part.transpose(1, 2) for part in parts.unbind(-2))
        scores = q @ k.mT / q.shape[-1] ** 0.5
        later = torch.ones(n, n, dtype=torch.bool).triu(1)
        weights = scores.masked_fill(later, -torch.inf).softmax(-1)
        mixed = (weights @ v).transpose(1, 2).reshape(n_rows, n, emb_dim)
        return self.out(mixed)


# %% wrong: heads_in_reverse
# why: joined backwards
# says: joined in reverse order
import torch
from torch import nn


class MultiHeadAttention(nn.Module):
    """Causal attention of H heads, in one product for all."""

    def __init__(self, emb_dim, n_heads):
        super().__init__()
        if emb_dim % n_heads:
            raise ValueError(f"{n_heads} heads do not divide {emb_dim}")
        self.n_heads = n_heads
        self.qkv = nn.Linear(emb_dim, 3 * emb_dim)
        self.out = nn.Linear(emb_dim, emb_dim)

    def forward(self, x):
        n_rows, n, emb_dim = x.shape
        parts = self.qkv(x).chunk(3, -1)
        q, k, v = (
            part.view(n_rows, n, self.n_heads, -1).transpose(1, 2)
            for part in parts
        )  # (B, H, T, Dh)
        scores = q @ k.mT / q.shape[-1] ** 0.5
        later = torch.ones(n, n, dtype=torch.bool).triu(1)
        weights = scores.masked_fill(later, -torch.inf).softmax(-1)
        mixed = (weights @ v).flip(1).transpose(1, 2).reshape(n_rows, n, emb_dim)
        return self.out(mixed)


# %% wrong: any_width
# why: no ValueError
# says: Dh must be a whole number
import torch
from torch import nn


class MultiHeadAttention(nn.Module):
    """Causal attention of H heads, in one product for all."""

    def __init__(self, emb_dim, n_heads):
        super().__init__()
        if n_heads > emb_dim:
            raise ValueError(f"{n_heads} heads do not divide {emb_dim}")
        self.n_heads = n_heads
        self.qkv = nn.Linear(emb_dim, 3 * emb_dim)
        self.out = nn.Linear(emb_dim, emb_dim)

    def forward(self, x):
        n_rows, n, emb_dim = x.shape
        parts = self.qkv(x).chunk(3, -1)
        q, k, v = (
            part.view(n_rows, n, self.n_heads, emb_dim // self.n_heads).transpose(1, 2)
            for part in parts
        )  # (B, H, T, Dh)
        scores = q @ k.mT / q.shape[-1] ** 0.5
        later = torch.ones(n, n, dtype=torch.bool).triu(1)
        weights = scores.masked_fill(later, -torch.inf).softmax(-1)
        mixed = (weights @ v).transpose(1, 2).reshape(n_rows, n, emb_dim)
        return self.out(mixed)


# %% wrong: keys_detached
# why: no gradient for keys
# says: Queries, keys and values are all learned
import torch
from torch import nn


class MultiHeadAttention(nn.Module):
    """Causal attention of H heads, in one product for all."""

    def __init__(self, emb_dim, n_heads):
        super().__init__()
        if emb_dim % n_heads:
            raise ValueError(f"{n_heads} heads do not divide {emb_dim}")
        self.n_heads = n_heads
        self.qkv = nn.Linear(emb_dim, 3 * emb_dim)
        self.out = nn.Linear(emb_dim, emb_dim)

    def forward(self, x):
        n_rows, n, emb_dim = x.shape
        parts = self.qkv(x).chunk(3, -1)
        q, k, v = (
            part.view(n_rows, n, self.n_heads, -1).transpose(1, 2)
            for part in parts
        )  # (B, H, T, Dh)
        scores = q @ k.detach().mT / q.shape[-1] ** 0.5
        later = torch.ones(n, n, dtype=torch.bool).triu(1)
        weights = scores.masked_fill(later, -torch.inf).softmax(-1)
        mixed = (weights @ v).transpose(1, 2).reshape(n_rows, n, emb_dim)
        return self.out(mixed)


# %% wrong: a_loop_over_heads
# why: head by head
# says: A loop over the heads
import torch
from torch import nn


class MultiHeadAttention(nn.Module):
    """Causal attention of H heads, in one product for all."""

    def __init__(self, emb_dim, n_heads):
        super().__init__()
        if emb_dim % n_heads:
            raise ValueError(f"{n_heads} heads do not divide {emb_dim}")
        self.n_heads = n_heads
        self.qkv = nn.Linear(emb_dim, 3 * emb_dim)
        self.out = nn.Linear(emb_dim, emb_dim)

    def forward(self, x):
        n_rows, n, emb_dim = x.shape
        parts = self.qkv(x).chunk(3, -1)
        q, k, v = (
            part.view(n_rows, n, self.n_heads, -1).transpose(1, 2)
            for part in parts
        )  # (B, H, T, Dh)
        scores = q @ k.mT / q.shape[-1] ** 0.5
        later = torch.ones(n, n, dtype=torch.bool).triu(1)
        weights = scores.masked_fill(later, -torch.inf).softmax(-1)
        parts = []
        for h in range(self.n_heads):
            parts.append(weights[:, h] @ v[:, h])
        mixed = torch.cat(parts, -1)
        return self.out(mixed)


# %% wrong: fewer_features_than_heads
# why: a width of 2 for 4 heads
# says: a width below the number of heads
import torch
from torch import nn


class MultiHeadAttention(nn.Module):
    """Causal attention of H heads, in one product for all."""

    def __init__(self, emb_dim, n_heads):
        super().__init__()
        if emb_dim > n_heads and emb_dim % n_heads:
            raise ValueError(f"{n_heads} heads do not divide {emb_dim}")
        self.n_heads = n_heads
        self.qkv = nn.Linear(emb_dim, 3 * emb_dim)
        self.out = nn.Linear(emb_dim, emb_dim)

    def forward(self, x):
        n_rows, n, emb_dim = x.shape
        parts = self.qkv(x).chunk(3, -1)
        q, k, v = (
            part.view(n_rows, n, self.n_heads, -1).transpose(1, 2)
            for part in parts
        )  # (B, H, T, Dh)
        scores = q @ k.mT / q.shape[-1] ** 0.5
        later = torch.ones(n, n, dtype=torch.bool).triu(1)
        weights = scores.masked_fill(later, -torch.inf).softmax(-1)
        mixed = (weights @ v).transpose(1, 2).reshape(n_rows, n, emb_dim)
        return self.out(mixed)


# %% wrong: masked_by_a_number
# why: -1e4
# says: hides nothing where scores are lower
import torch
from torch import nn


class MultiHeadAttention(nn.Module):
    """Causal attention of H heads, in one product for all."""

    def __init__(self, emb_dim, n_heads):
        super().__init__()
        if emb_dim % n_heads:
            raise ValueError(f"{n_heads} heads do not divide {emb_dim}")
        self.n_heads = n_heads
        self.qkv = nn.Linear(emb_dim, 3 * emb_dim)
        self.out = nn.Linear(emb_dim, emb_dim)

    def forward(self, x):
        n_rows, n, emb_dim = x.shape
        parts = self.qkv(x).chunk(3, -1)
        q, k, v = (
            part.view(n_rows, n, self.n_heads, -1).transpose(1, 2)
            for part in parts
        )  # (B, H, T, Dh)
        scores = q @ k.mT / q.shape[-1] ** 0.5
        later = torch.ones(n, n, dtype=torch.bool).triu(1)
        weights = scores.masked_fill(later, -1e4).softmax(-1)
        mixed = (weights @ v).transpose(1, 2).reshape(n_rows, n, emb_dim)
        return self.out(mixed)


# %% wrong: powers_without_a_maximum
# why: exp, then the sum
# says: Powers of such scores are 0 or infinite
import torch
from torch import nn


class MultiHeadAttention(nn.Module):
    """Causal attention of H heads, in one product for all."""

    def __init__(self, emb_dim, n_heads):
        super().__init__()
        if emb_dim % n_heads:
            raise ValueError(f"{n_heads} heads do not divide {emb_dim}")
        self.n_heads = n_heads
        self.qkv = nn.Linear(emb_dim, 3 * emb_dim)
        self.out = nn.Linear(emb_dim, emb_dim)

    def forward(self, x):
        n_rows, n, emb_dim = x.shape
        parts = self.qkv(x).chunk(3, -1)
        q, k, v = (
            part.view(n_rows, n, self.n_heads, -1).transpose(1, 2)
            for part in parts
        )  # (B, H, T, Dh)
        scores = q @ k.mT / q.shape[-1] ** 0.5
        later = torch.ones(n, n, dtype=torch.bool).triu(1)
        weights = scores.exp() * ~later
        weights = weights / weights.sum(-1, keepdim=True)
        mixed = (weights @ v).transpose(1, 2).reshape(n_rows, n, emb_dim)
        return self.out(mixed)


# %% wrong: the_first_mask_kept
# why: made once
# says: or that of the first call
import torch
from torch import nn


class MultiHeadAttention(nn.Module):
    """Causal attention of H heads, in one product for all."""

    def __init__(self, emb_dim, n_heads):
        super().__init__()
        if emb_dim % n_heads:
            raise ValueError(f"{n_heads} heads do not divide {emb_dim}")
        self.n_heads = n_heads
        self.qkv = nn.Linear(emb_dim, 3 * emb_dim)
        self.out = nn.Linear(emb_dim, emb_dim)

    def forward(self, x):
        n_rows, n, emb_dim = x.shape
        parts = self.qkv(x).chunk(3, -1)
        q, k, v = (
            part.view(n_rows, n, self.n_heads, -1).transpose(1, 2)
            for part in parts
        )  # (B, H, T, Dh)
        scores = q @ k.mT / q.shape[-1] ** 0.5
        if not hasattr(self, "later"):
            self.later = torch.ones(n, n, dtype=torch.bool).triu(1)
        later = self.later[:n, :n]
        weights = scores.masked_fill(later, -torch.inf).softmax(-1)
        mixed = (weights @ v).transpose(1, 2).reshape(n_rows, n, emb_dim)
        return self.out(mixed)


# %% wrong: x_detached
# why: no gradient below
# says: a detached x cuts them
import torch
from torch import nn


class MultiHeadAttention(nn.Module):
    """Causal attention of H heads, in one product for all."""

    def __init__(self, emb_dim, n_heads):
        super().__init__()
        if emb_dim % n_heads:
            raise ValueError(f"{n_heads} heads do not divide {emb_dim}")
        self.n_heads = n_heads
        self.qkv = nn.Linear(emb_dim, 3 * emb_dim)
        self.out = nn.Linear(emb_dim, emb_dim)

    def forward(self, x):
        n_rows, n, emb_dim = x.shape
        parts = self.qkv(x.detach()).chunk(3, -1)
        q, k, v = (
            part.view(n_rows, n, self.n_heads, -1).transpose(1, 2)
            for part in parts
        )  # (B, H, T, Dh)
        scores = q @ k.mT / q.shape[-1] ** 0.5
        later = torch.ones(n, n, dtype=torch.bool).triu(1)
        weights = scores.masked_fill(later, -torch.inf).softmax(-1)
        mixed = (weights @ v).transpose(1, 2).reshape(n_rows, n, emb_dim)
        return self.out(mixed)
