# %% correct: with_arange_and_normal
import torch
import torch.nn.functional as F
from torch import nn


class TokenAndPosition(nn.Module):
    def __init__(self, vocab_size, context_length, emb_dim):
        super().__init__()
        self.tokens = nn.Parameter(torch.empty(vocab_size, emb_dim))
        self.positions = nn.Parameter(torch.empty(context_length, emb_dim))
        for p in self.parameters():
            nn.init.normal_(p, std=0.02)

    def forward(self, token_ids, start=0):
        places = torch.arange(token_ids.size(1)) + start
        if places[-1] >= self.positions.size(0):
            raise ValueError(f"no vector for position {int(places[-1])}")
        return F.embedding(token_ids, self.tokens) + F.embedding(places, self.positions)


# %% wrong: start_ignored
# why: counts from 0
# says: `start` is ignored
import torch
from torch import nn


class TokenAndPosition(nn.Module):
    """Token vectors plus learned position vectors."""

    def __init__(self, vocab_size, context_length, emb_dim):
        super().__init__()
        self.tokens = nn.Parameter(0.02 * torch.randn(vocab_size, emb_dim))
        self.positions = nn.Parameter(
            0.02 * torch.randn(context_length, emb_dim)
        )

    def forward(self, token_ids, start=0):
        stop = start + token_ids.shape[-1]
        if stop > len(self.positions):
            raise ValueError(
                f"positions {start} to {stop - 1} were asked, there are "
                f"{len(self.positions)}"
            )
        return self.tokens[token_ids] + self.positions[: stop - start]


# %% wrong: one_position_for_all
# why: the first position's vector
# says: All tokens get the vector of one position
import torch
from torch import nn


class TokenAndPosition(nn.Module):
    """Token vectors plus learned position vectors."""

    def __init__(self, vocab_size, context_length, emb_dim):
        super().__init__()
        self.tokens = nn.Parameter(0.02 * torch.randn(vocab_size, emb_dim))
        self.positions = nn.Parameter(
            0.02 * torch.randn(context_length, emb_dim)
        )

    def forward(self, token_ids, start=0):
        stop = start + token_ids.shape[-1]
        if stop > len(self.positions):
            raise ValueError(
                f"positions {start} to {stop - 1} were asked, there are "
                f"{len(self.positions)}"
            )
        return self.tokens[token_ids] + self.positions[start]


# %% wrong: backwards
# why: positions in reverse
# says: Positions run backwards
import torch
from torch import nn


class TokenAndPosition(nn.Module):
    """Token vectors plus learned position vectors."""

    def __init__(self, vocab_size, context_length, emb_dim):
        super().__init__()
        self.tokens = nn.Parameter(0.02 * torch.randn(vocab_size, emb_dim))
        self.positions = nn.Parameter(
            0.02 * torch.randn(context_length, emb_dim)
        )

    def forward(self, token_ids, start=0):
        stop = start + token_ids.shape[-1]
        if stop > len(self.positions):
            raise ValueError(
                f"positions {start} to {stop - 1} were asked, there are "
                f"{len(self.positions)}"
            )
        return self.tokens[token_ids] + self.positions[start:stop].flip(0)


# %% wrong: multiplied
# why: a product
# says: Vectors are added, not multiplied
import torch
from torch import nn


class TokenAndPosition(nn.Module):
    """Token vectors plus learned position vectors."""

    def __init__(self, vocab_size, context_length, emb_dim):
        super().__init__()
        self.tokens = nn.Parameter(0.02 * torch.randn(vocab_size, emb_dim))
        self.positions = nn.Parameter(
            0.02 * torch.randn(context_length, emb_dim)
        )

    def forward(self, token_ids, start=0):
        stop = start + token_ids.shape[-1]
        if stop > len(self.positions):
            raise ValueError(
                f"positions {start} to {stop - 1} were asked, there are "
                f"{len(self.positions)}"
            )
        return self.tokens[token_ids] * self.positions[start:stop]


# %% wrong: no_positions
# why: positions forgotten
# says: The positions play no part
import torch
from torch import nn


class TokenAndPosition(nn.Module):
    """Token vectors plus learned position vectors."""

    def __init__(self, vocab_size, context_length, emb_dim):
        super().__init__()
        self.tokens = nn.Parameter(0.02 * torch.randn(vocab_size, emb_dim))
        self.positions = nn.Parameter(
            0.02 * torch.randn(context_length, emb_dim)
        )

    def forward(self, token_ids, start=0):
        stop = start + token_ids.shape[-1]
        if stop > len(self.positions):
            raise ValueError(
                f"positions {start} to {stop - 1} were asked, there are "
                f"{len(self.positions)}"
            )
        return self.tokens[token_ids]


# %% wrong: scaled_by_the_root
# why: as in the first Transformer
# says: The token vectors are scaled
import torch
from torch import nn


class TokenAndPosition(nn.Module):
    """Token vectors plus learned position vectors."""

    def __init__(self, vocab_size, context_length, emb_dim):
        super().__init__()
        self.tokens = nn.Parameter(0.02 * torch.randn(vocab_size, emb_dim))
        self.positions = nn.Parameter(
            0.02 * torch.randn(context_length, emb_dim)
        )

    def forward(self, token_ids, start=0):
        stop = start + token_ids.shape[-1]
        if stop > len(self.positions):
            raise ValueError(
                f"positions {start} to {stop - 1} were asked, there are "
                f"{len(self.positions)}"
            )
        return self.tokens[token_ids] * self.tokens.shape[1] ** 0.5 + self.positions[start:stop]


# %% wrong: side_by_side
# why: concatenated
# says: are put side by side
import torch
from torch import nn


class TokenAndPosition(nn.Module):
    """Token vectors plus learned position vectors."""

    def __init__(self, vocab_size, context_length, emb_dim):
        super().__init__()
        self.tokens = nn.Parameter(0.02 * torch.randn(vocab_size, emb_dim))
        self.positions = nn.Parameter(
            0.02 * torch.randn(context_length, emb_dim)
        )

    def forward(self, token_ids, start=0):
        stop = start + token_ids.shape[-1]
        if stop > len(self.positions):
            raise ValueError(
                f"positions {start} to {stop - 1} were asked, there are "
                f"{len(self.positions)}"
            )
        x = self.tokens[token_ids]
        p = self.positions[start:stop].expand_as(x)
        return torch.cat([x, p], -1)


# %% wrong: too_long_wraps
# why: positions modulo T
# says: There is no vector for position context_length
import torch
from torch import nn


class TokenAndPosition(nn.Module):
    """Token vectors plus learned position vectors."""

    def __init__(self, vocab_size, context_length, emb_dim):
        super().__init__()
        self.tokens = nn.Parameter(0.02 * torch.randn(vocab_size, emb_dim))
        self.positions = nn.Parameter(
            0.02 * torch.randn(context_length, emb_dim)
        )

    def forward(self, token_ids, start=0):
        stop = start + token_ids.shape[-1]
        places = torch.arange(start, stop) % len(self.positions)
        return self.tokens[token_ids] + self.positions[places]


# %% wrong: large_at_the_start
# why: standard deviation 1
# says: The standard deviation is 1
import torch
from torch import nn


class TokenAndPosition(nn.Module):
    """Token vectors plus learned position vectors."""

    def __init__(self, vocab_size, context_length, emb_dim):
        super().__init__()
        self.tokens = nn.Parameter(torch.randn(vocab_size, emb_dim))
        self.positions = nn.Parameter(
            0.02 * torch.randn(context_length, emb_dim)
        )

    def forward(self, token_ids, start=0):
        stop = start + token_ids.shape[-1]
        if stop > len(self.positions):
            raise ValueError(
                f"positions {start} to {stop - 1} were asked, there are "
                f"{len(self.positions)}"
            )
        return self.tokens[token_ids] + self.positions[start:stop]


# %% wrong: positions_not_trained
# why: a buffer
# says: Two parameters: `tokens`
import torch
from torch import nn


class TokenAndPosition(nn.Module):
    """Token vectors plus learned position vectors."""

    def __init__(self, vocab_size, context_length, emb_dim):
        super().__init__()
        self.tokens = nn.Parameter(0.02 * torch.randn(vocab_size, emb_dim))
        self.register_buffer(
            "positions", 0.02 * torch.randn(context_length, emb_dim)
        )

    def forward(self, token_ids, start=0):
        stop = start + token_ids.shape[-1]
        if stop > len(self.positions):
            raise ValueError(
                f"positions {start} to {stop - 1} were asked, there are "
                f"{len(self.positions)}"
            )
        return self.tokens[token_ids] + self.positions[start:stop]
