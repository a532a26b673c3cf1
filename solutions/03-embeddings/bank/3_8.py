# %% correct: with_functional_linear_and_fractions
from fractions import Fraction

import torch
import torch.nn.functional as F


class TiedModel(torch.nn.Module):
    def __init__(self, vocab_size, emb_dim):
        super().__init__()
        self.table = torch.nn.Parameter(torch.randn(vocab_size, emb_dim) / 50)

    def forward(self, token_ids):
        x = F.embedding(token_ids, self.table).tanh()
        return F.linear(x, self.table)


def saved_parameters(vocab_size, emb_dim, n_total):
    second = emb_dim * vocab_size
    return second, float(Fraction(second, n_total + second))


# %% wrong: two_tables
# why: a second parameter
# says: One nn.Parameter `table`
import torch
from torch import nn


class TiedModel(nn.Module):
    """Ids to scores through one table."""

    def __init__(self, vocab_size, emb_dim):
        super().__init__()
        self.table = nn.Parameter(0.02 * torch.randn(vocab_size, emb_dim))
        self.head = nn.Parameter(self.table.detach().clone())

    def forward(self, token_ids):
        hidden = torch.tanh(self.table[token_ids])  # (B, T, D)
        return hidden @ self.table.T  # (B, T, V)



def saved_parameters(vocab_size, emb_dim, n_total):
    """What tying saves: (number, share of the untied model).

    >>> saved_parameters(10, 2, 60)
    (20, 0.25)
    """
    n = vocab_size * emb_dim
    return n, n / (n_total + n)


# %% wrong: tanh_forgotten
# why: linear
# says: The tanh between the two uses
import torch
from torch import nn


class TiedModel(nn.Module):
    """Ids to scores through one table."""

    def __init__(self, vocab_size, emb_dim):
        super().__init__()
        self.table = nn.Parameter(0.02 * torch.randn(vocab_size, emb_dim))

    def forward(self, token_ids):
        hidden = self.table[token_ids]  # (B, T, D)
        return hidden @ self.table.T  # (B, T, V)



def saved_parameters(vocab_size, emb_dim, n_total):
    """What tying saves: (number, share of the untied model).

    >>> saved_parameters(10, 2, 60)
    (20, 0.25)
    """
    n = vocab_size * emb_dim
    return n, n / (n_total + n)


# %% wrong: probabilities
# why: softmax at the end
# says: These are probabilities
import torch
from torch import nn


class TiedModel(nn.Module):
    """Ids to scores through one table."""

    def __init__(self, vocab_size, emb_dim):
        super().__init__()
        self.table = nn.Parameter(0.02 * torch.randn(vocab_size, emb_dim))

    def forward(self, token_ids):
        hidden = torch.tanh(self.table[token_ids])  # (B, T, D)
        return torch.softmax(hidden @ self.table.T, -1)  # (B, T, V)



def saved_parameters(vocab_size, emb_dim, n_total):
    """What tying saves: (number, share of the untied model).

    >>> saved_parameters(10, 2, 60)
    (20, 0.25)
    """
    n = vocab_size * emb_dim
    return n, n / (n_total + n)


# %% wrong: head_on_a_copy
# why: detached head
# says: No gradient comes from the head
import torch
from torch import nn


class TiedModel(nn.Module):
    """Ids to scores through one table."""

    def __init__(self, vocab_size, emb_dim):
        super().__init__()
        self.table = nn.Parameter(0.02 * torch.randn(vocab_size, emb_dim))

    def forward(self, token_ids):
        hidden = torch.tanh(self.table[token_ids])  # (B, T, D)
        return hidden @ self.table.detach().T  # (B, T, V)



def saved_parameters(vocab_size, emb_dim, n_total):
    """What tying saves: (number, share of the untied model).

    >>> saved_parameters(10, 2, 60)
    (20, 0.25)
    """
    n = vocab_size * emb_dim
    return n, n / (n_total + n)


# %% wrong: lookup_on_a_copy
# why: detached look-up
# says: No gradient comes from the look-up
import torch
from torch import nn


class TiedModel(nn.Module):
    """Ids to scores through one table."""

    def __init__(self, vocab_size, emb_dim):
        super().__init__()
        self.table = nn.Parameter(0.02 * torch.randn(vocab_size, emb_dim))

    def forward(self, token_ids):
        hidden = torch.tanh(self.table.detach()[token_ids])  # (B, T, D)
        return hidden @ self.table.T  # (B, T, V)



def saved_parameters(vocab_size, emb_dim, n_total):
    """What tying saves: (number, share of the untied model).

    >>> saved_parameters(10, 2, 60)
    (20, 0.25)
    """
    n = vocab_size * emb_dim
    return n, n / (n_total + n)


# %% wrong: share_of_the_tied
# why: divided by the tied model
# says: You divide by the tied model
import torch
from torch import nn


class TiedModel(nn.Module):
    """Ids to scores through one table."""

    def __init__(self, vocab_size, emb_dim):
        super().__init__()
        self.table = nn.Parameter(0.02 * torch.randn(vocab_size, emb_dim))

    def forward(self, token_ids):
        hidden = torch.tanh(self.table[token_ids])  # (B, T, D)
        return hidden @ self.table.T  # (B, T, V)



def saved_parameters(vocab_size, emb_dim, n_total):
    """What tying saves: (number, share of the untied model).

    >>> saved_parameters(10, 2, 60)
    (20, 0.25)
    """
    n = vocab_size * emb_dim
    return n, n / n_total


# %% wrong: half_of_everything
# why: thinks tying halves the model
# says: Tying does not halve the model
import torch
from torch import nn


class TiedModel(nn.Module):
    """Ids to scores through one table."""

    def __init__(self, vocab_size, emb_dim):
        super().__init__()
        self.table = nn.Parameter(0.02 * torch.randn(vocab_size, emb_dim))

    def forward(self, token_ids):
        hidden = torch.tanh(self.table[token_ids])  # (B, T, D)
        return hidden @ self.table.T  # (B, T, V)



def saved_parameters(vocab_size, emb_dim, n_total):
    """What tying saves: (number, share of the untied model).

    >>> saved_parameters(10, 2, 60)
    (20, 0.25)
    """
    n = vocab_size * emb_dim
    return n, 0.5
