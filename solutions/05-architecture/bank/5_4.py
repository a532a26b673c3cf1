# %% correct: with_linear
import torch
import torch.nn.functional as F
from torch import nn


class GPT(nn.Module):
    def __init__(self, vocab_size, context_length, emb_dim, n_layers, make_block):
        super().__init__()
        self.tokens = nn.Embedding(vocab_size, emb_dim)
        self.positions = nn.Embedding(context_length, emb_dim)
        self.blocks = nn.ModuleList([])
        while len(self.blocks) < n_layers:
            self.blocks.append(make_block(emb_dim))
        self.norm = nn.LayerNorm(emb_dim)

    def forward(self, token_ids):
        table = self.positions.weight
        if token_ids.size(1) > len(table):
            raise ValueError(f"context_length is {len(table)}, not {token_ids.size(1)}")
        x = self.tokens(token_ids) + table[: token_ids.size(1)]
        for layer in self.blocks:
            x = layer(x)
        return F.linear(self.norm(x), self.tokens.weight)


# %% wrong: head_of_its_own
# why: untied
# says: Something more is in the state
import torch
from torch import nn


class GPT(nn.Module):
    """Ids in, logits out, with the head tied to the table of tokens."""

    def __init__(
        self, vocab_size, context_length, emb_dim, n_layers, make_block
    ):
        super().__init__()
        self.tokens = nn.Embedding(vocab_size, emb_dim)
        self.positions = nn.Embedding(context_length, emb_dim)
        self.blocks = nn.ModuleList(
            make_block(emb_dim) for _ in range(n_layers)
        )
        self.norm = nn.LayerNorm(emb_dim)
        self.head = nn.Linear(emb_dim, vocab_size, bias=False)

    def forward(self, token_ids):
        n, limit = token_ids.shape[-1], self.positions.num_embeddings
        if n > limit:
            raise ValueError(f"{n} tokens came, at most {limit} fit")
        x = self.tokens(token_ids) + self.positions(torch.arange(n))
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))


# %% wrong: a_plain_list
# why: not registered
# says: a plain list hides them
import torch
from torch import nn


class GPT(nn.Module):
    """Ids in, logits out, with the head tied to the table of tokens."""

    def __init__(
        self, vocab_size, context_length, emb_dim, n_layers, make_block
    ):
        super().__init__()
        self.tokens = nn.Embedding(vocab_size, emb_dim)
        self.positions = nn.Embedding(context_length, emb_dim)
        self.blocks = [make_block(emb_dim) for _ in range(n_layers)]
        self.norm = nn.LayerNorm(emb_dim)

    def forward(self, token_ids):
        n, limit = token_ids.shape[-1], self.positions.num_embeddings
        if n > limit:
            raise ValueError(f"{n} tokens came, at most {limit} fit")
        x = self.tokens(token_ids) + self.positions(torch.arange(n))
        for block in self.blocks:
            x = block(x)
        return self.norm(x) @ self.tokens.weight.T


# %% wrong: one_block_many_times
# why: shared
# says: Each block is made anew
import torch
from torch import nn


class GPT(nn.Module):
    """Ids in, logits out, with the head tied to the table of tokens."""

    def __init__(
        self, vocab_size, context_length, emb_dim, n_layers, make_block
    ):
        super().__init__()
        self.tokens = nn.Embedding(vocab_size, emb_dim)
        self.positions = nn.Embedding(context_length, emb_dim)
        self.blocks = nn.ModuleList([make_block(emb_dim)] * n_layers)
        self.norm = nn.LayerNorm(emb_dim)

    def forward(self, token_ids):
        n, limit = token_ids.shape[-1], self.positions.num_embeddings
        if n > limit:
            raise ValueError(f"{n} tokens came, at most {limit} fit")
        x = self.tokens(token_ids) + self.positions(torch.arange(n))
        for block in self.blocks:
            x = block(x)
        return self.norm(x) @ self.tokens.weight.T


# %% wrong: positions_from_one
# why: arange + 1
# says: Positions start at 1
import torch
from torch import nn


class GPT(nn.Module):
    """Ids in, logits out, with the head tied to the table of tokens."""

    def __init__(
        self, vocab_size, context_length, emb_dim, n_layers, make_block
    ):
        super().__init__()
        self.tokens = nn.Embedding(vocab_size, emb_dim)
        self.positions = nn.Embedding(context_length, emb_dim)
        self.blocks = nn.ModuleList(
            make_block(emb_dim) for _ in range(n_layers)
        )
        self.norm = nn.LayerNorm(emb_dim)

    def forward(self, token_ids):
        n, limit = token_ids.shape[-1], self.positions.num_embeddings
        if n > limit:
            raise ValueError(f"{n} tokens came, at most {limit} fit")
        x = self.tokens(token_ids) + self.positions((torch.arange(n) + 1) % limit)
        for block in self.blocks:
            x = block(x)
        return self.norm(x) @ self.tokens.weight.T


# %% wrong: no_final_norm
# why: left out
# says: The final norm is missing.
import torch
from torch import nn


class GPT(nn.Module):
    """Ids in, logits out, with the head tied to the table of tokens."""

    def __init__(
        self, vocab_size, context_length, emb_dim, n_layers, make_block
    ):
        super().__init__()
        self.tokens = nn.Embedding(vocab_size, emb_dim)
        self.positions = nn.Embedding(context_length, emb_dim)
        self.blocks = nn.ModuleList(
            make_block(emb_dim) for _ in range(n_layers)
        )
        self.norm = nn.LayerNorm(emb_dim)

    def forward(self, token_ids):
        n, limit = token_ids.shape[-1], self.positions.num_embeddings
        if n > limit:
            raise ValueError(f"{n} tokens came, at most {limit} fit")
        x = self.tokens(token_ids) + self.positions(torch.arange(n))
        for block in self.blocks:
            x = block(x)
        return x @ self.tokens.weight.T


# %% wrong: backwards
# why: reversed
# says: The blocks run in reverse order
import torch
from torch import nn


class GPT(nn.Module):
    """Ids in, logits out, with the head tied to the table of tokens."""

    def __init__(
        self, vocab_size, context_length, emb_dim, n_layers, make_block
    ):
        super().__init__()
        self.tokens = nn.Embedding(vocab_size, emb_dim)
        self.positions = nn.Embedding(context_length, emb_dim)
        self.blocks = nn.ModuleList(
            make_block(emb_dim) for _ in range(n_layers)
        )
        self.norm = nn.LayerNorm(emb_dim)

    def forward(self, token_ids):
        n, limit = token_ids.shape[-1], self.positions.num_embeddings
        if n > limit:
            raise ValueError(f"{n} tokens came, at most {limit} fit")
        x = self.tokens(token_ids) + self.positions(torch.arange(n))
        for block in reversed(self.blocks):
            x = block(x)
        return self.norm(x) @ self.tokens.weight.T


# %% wrong: first_block_only
# why: return in the loop
# says: Only the first block is run
import torch
from torch import nn


class GPT(nn.Module):
    """Ids in, logits out, with the head tied to the table of tokens."""

    def __init__(
        self, vocab_size, context_length, emb_dim, n_layers, make_block
    ):
        super().__init__()
        self.tokens = nn.Embedding(vocab_size, emb_dim)
        self.positions = nn.Embedding(context_length, emb_dim)
        self.blocks = nn.ModuleList(
            make_block(emb_dim) for _ in range(n_layers)
        )
        self.norm = nn.LayerNorm(emb_dim)

    def forward(self, token_ids):
        n, limit = token_ids.shape[-1], self.positions.num_embeddings
        if n > limit:
            raise ValueError(f"{n} tokens came, at most {limit} fit")
        x = self.tokens(token_ids) + self.positions(torch.arange(n))
        for block in self.blocks:
            x = block(x)
            break
        return self.norm(x) @ self.tokens.weight.T


# %% wrong: no_positions
# why: left out
# says: The positions are not added
import torch
from torch import nn


class GPT(nn.Module):
    """Ids in, logits out, with the head tied to the table of tokens."""

    def __init__(
        self, vocab_size, context_length, emb_dim, n_layers, make_block
    ):
        super().__init__()
        self.tokens = nn.Embedding(vocab_size, emb_dim)
        self.positions = nn.Embedding(context_length, emb_dim)
        self.blocks = nn.ModuleList(
            make_block(emb_dim) for _ in range(n_layers)
        )
        self.norm = nn.LayerNorm(emb_dim)

    def forward(self, token_ids):
        n, limit = token_ids.shape[-1], self.positions.num_embeddings
        if n > limit:
            raise ValueError(f"{n} tokens came, at most {limit} fit")
        x = self.tokens(token_ids)
        for block in self.blocks:
            x = block(x)
        return self.norm(x) @ self.tokens.weight.T


# %% wrong: scaled_tokens
# why: sqrt(D)
# says: multiplied by sqrt(D)
import torch
from torch import nn


class GPT(nn.Module):
    """Ids in, logits out, with the head tied to the table of tokens."""

    def __init__(
        self, vocab_size, context_length, emb_dim, n_layers, make_block
    ):
        super().__init__()
        self.tokens = nn.Embedding(vocab_size, emb_dim)
        self.positions = nn.Embedding(context_length, emb_dim)
        self.blocks = nn.ModuleList(
            make_block(emb_dim) for _ in range(n_layers)
        )
        self.norm = nn.LayerNorm(emb_dim)

    def forward(self, token_ids):
        n, limit = token_ids.shape[-1], self.positions.num_embeddings
        if n > limit:
            raise ValueError(f"{n} tokens came, at most {limit} fit")
        x = self.tokens(token_ids) * self.norm.weight.numel() ** 0.5 + self.positions(torch.arange(n))
        for block in self.blocks:
            x = block(x)
        return self.norm(x) @ self.tokens.weight.T


# %% wrong: probabilities
# why: softmax
# says: These are probabilities. The model gives logits
import torch
from torch import nn


class GPT(nn.Module):
    """Ids in, logits out, with the head tied to the table of tokens."""

    def __init__(
        self, vocab_size, context_length, emb_dim, n_layers, make_block
    ):
        super().__init__()
        self.tokens = nn.Embedding(vocab_size, emb_dim)
        self.positions = nn.Embedding(context_length, emb_dim)
        self.blocks = nn.ModuleList(
            make_block(emb_dim) for _ in range(n_layers)
        )
        self.norm = nn.LayerNorm(emb_dim)

    def forward(self, token_ids):
        n, limit = token_ids.shape[-1], self.positions.num_embeddings
        if n > limit:
            raise ValueError(f"{n} tokens came, at most {limit} fit")
        x = self.tokens(token_ids) + self.positions(torch.arange(n))
        for block in self.blocks:
            x = block(x)
        return (self.norm(x) @ self.tokens.weight.T).softmax(-1)


# %% wrong: index_error
# why: no check
# says: helps nobody
import torch
from torch import nn


class GPT(nn.Module):
    """Ids in, logits out, with the head tied to the table of tokens."""

    def __init__(
        self, vocab_size, context_length, emb_dim, n_layers, make_block
    ):
        super().__init__()
        self.tokens = nn.Embedding(vocab_size, emb_dim)
        self.positions = nn.Embedding(context_length, emb_dim)
        self.blocks = nn.ModuleList(
            make_block(emb_dim) for _ in range(n_layers)
        )
        self.norm = nn.LayerNorm(emb_dim)

    def forward(self, token_ids):
        n, limit = token_ids.shape[-1], self.positions.num_embeddings
        x = self.tokens(token_ids) + self.positions(torch.arange(n))
        for block in self.blocks:
            x = block(x)
        return self.norm(x) @ self.tokens.weight.T


# %% wrong: a_silent_error
# why: no numbers
# says: Say both numbers
import torch
from torch import nn


class GPT(nn.Module):
    """Ids in, logits out, with the head tied to the table of tokens."""

    def __init__(
        self, vocab_size, context_length, emb_dim, n_layers, make_block
    ):
        super().__init__()
        self.tokens = nn.Embedding(vocab_size, emb_dim)
        self.positions = nn.Embedding(context_length, emb_dim)
        self.blocks = nn.ModuleList(
            make_block(emb_dim) for _ in range(n_layers)
        )
        self.norm = nn.LayerNorm(emb_dim)

    def forward(self, token_ids):
        n, limit = token_ids.shape[-1], self.positions.num_embeddings
        if n > limit:
            raise ValueError("too long")
        x = self.tokens(token_ids) + self.positions(torch.arange(n))
        for block in self.blocks:
            x = block(x)
        return self.norm(x) @ self.tokens.weight.T


# %% wrong: copies_of_one_block
# why: deepcopy
# says: All layers start equal
from copy import deepcopy

import torch
from torch import nn


class GPT(nn.Module):
    """Ids in, logits out, with the head tied to the table of tokens."""

    def __init__(
        self, vocab_size, context_length, emb_dim, n_layers, make_block
    ):
        super().__init__()
        self.tokens = nn.Embedding(vocab_size, emb_dim)
        self.positions = nn.Embedding(context_length, emb_dim)
        block = make_block(emb_dim)
        self.blocks = nn.ModuleList(deepcopy(block) for _ in range(n_layers))
        self.norm = nn.LayerNorm(emb_dim)

    def forward(self, token_ids):
        n, limit = token_ids.shape[-1], self.positions.num_embeddings
        if n > limit:
            raise ValueError(f"{n} tokens came, at most {limit} fit")
        x = self.tokens(token_ids) + self.positions(torch.arange(n))
        for block in self.blocks:
            x = block(x)
        return self.norm(x) @ self.tokens.weight.T


# %% wrong: head_detached
# why: the table learns in front only
# says: learns in both its places
import torch
from torch import nn


class GPT(nn.Module):
    """Ids in, logits out, with the head tied to the table of tokens."""

    def __init__(
        self, vocab_size, context_length, emb_dim, n_layers, make_block
    ):
        super().__init__()
        self.tokens = nn.Embedding(vocab_size, emb_dim)
        self.positions = nn.Embedding(context_length, emb_dim)
        self.blocks = nn.ModuleList(
            make_block(emb_dim) for _ in range(n_layers)
        )
        self.norm = nn.LayerNorm(emb_dim)

    def forward(self, token_ids):
        n, limit = token_ids.shape[-1], self.positions.num_embeddings
        if n > limit:
            raise ValueError(f"{n} tokens came, at most {limit} fit")
        x = self.tokens(token_ids) + self.positions(torch.arange(n))
        for block in self.blocks:
            x = block(x)
        return self.norm(x) @ self.tokens.weight.detach().T


# %% wrong: blocks_detached
# why: each block learns alone
# says: learns through all that follows
import torch
from torch import nn


class GPT(nn.Module):
    """Ids in, logits out, with the head tied to the table of tokens."""

    def __init__(
        self, vocab_size, context_length, emb_dim, n_layers, make_block
    ):
        super().__init__()
        self.tokens = nn.Embedding(vocab_size, emb_dim)
        self.positions = nn.Embedding(context_length, emb_dim)
        self.blocks = nn.ModuleList(
            make_block(emb_dim) for _ in range(n_layers)
        )
        self.norm = nn.LayerNorm(emb_dim)

    def forward(self, token_ids):
        n, limit = token_ids.shape[-1], self.positions.num_embeddings
        if n > limit:
            raise ValueError(f"{n} tokens came, at most {limit} fit")
        x = self.tokens(token_ids) + self.positions(torch.arange(n))
        for block in self.blocks:
            x = block(x.detach())
        return self.norm(x) @ self.tokens.weight.T
