# %% correct: row_by_row
import torch


def positions_of(is_token):
    found = torch.zeros_like(is_token, dtype=torch.long)
    for b, row in enumerate(is_token):
        found[b, row] = torch.arange(int(row.sum()))
    return found


def padding_mask(is_token):
    n = is_token.size(1)
    i = torch.arange(n)
    seen = (i[None, :] <= i[:, None]) & is_token.unsqueeze(1)
    pads = torch.diag_embed(~is_token)
    return (seen + pads).unsqueeze(1)


def last_rows(x, is_token):
    flipped = is_token.flip(-1).int().argmax(-1)
    last = is_token.shape[-1] - 1 - flipped
    return torch.stack([x[b, t] for b, t in enumerate(last.tolist())])


# %% wrong: places_of_the_row
# why: arange
# says: You count places of the row
import torch


def positions_of(is_token):
    """The number of tokens before each; pads get 0.

    >>> positions_of(torch.tensor([[False, True, True]])).tolist()
    [[0, 0, 1]]
    """
    return torch.arange(is_token.shape[-1]).expand(is_token.shape)


def padding_mask(is_token):
    """True where a token may look, (B, 1, T, T); pads see themselves."""
    n = is_token.shape[-1]
    causal = torch.ones(n, n, dtype=torch.bool).tril()
    itself = torch.eye(n, dtype=torch.bool) & ~is_token[:, :, None]
    return ((causal & is_token[:, None, :]) | itself)[:, None]


def last_rows(x, is_token):
    """x at the last token of each text, (B, D)."""
    n = is_token.shape[-1]
    places = torch.arange(n).masked_fill(~is_token, -1).amax(-1)
    return x[torch.arange(len(x)), places]


# %% wrong: from_one
# why: cumsum alone
# says: Positions start at 0: yours
import torch


def positions_of(is_token):
    """The number of tokens before each; pads get 0.

    >>> positions_of(torch.tensor([[False, True, True]])).tolist()
    [[0, 0, 1]]
    """
    counted = is_token.long().cumsum(-1)
    return counted.masked_fill(~is_token, 0)


def padding_mask(is_token):
    """True where a token may look, (B, 1, T, T); pads see themselves."""
    n = is_token.shape[-1]
    causal = torch.ones(n, n, dtype=torch.bool).tril()
    itself = torch.eye(n, dtype=torch.bool) & ~is_token[:, :, None]
    return ((causal & is_token[:, None, :]) | itself)[:, None]


def last_rows(x, is_token):
    """x at the last token of each text, (B, D)."""
    n = is_token.shape[-1]
    places = torch.arange(n).masked_fill(~is_token, -1).amax(-1)
    return x[torch.arange(len(x)), places]


# %% wrong: pads_below_zero
# why: -1 for left pads
# says: Pads on the left get -1
import torch


def positions_of(is_token):
    """The number of tokens before each; pads get 0.

    >>> positions_of(torch.tensor([[False, True, True]])).tolist()
    [[0, 0, 1]]
    """
    counted = is_token.long().cumsum(-1) - 1
    return counted


def padding_mask(is_token):
    """True where a token may look, (B, 1, T, T); pads see themselves."""
    n = is_token.shape[-1]
    causal = torch.ones(n, n, dtype=torch.bool).tril()
    itself = torch.eye(n, dtype=torch.bool) & ~is_token[:, :, None]
    return ((causal & is_token[:, None, :]) | itself)[:, None]


def last_rows(x, is_token):
    """x at the last token of each text, (B, D)."""
    n = is_token.shape[-1]
    places = torch.arange(n).masked_fill(~is_token, -1).amax(-1)
    return x[torch.arange(len(x)), places]


# %% wrong: not_causal
# why: pads hidden, nothing else
# says: padding comes on top of the causal mask
import torch


def positions_of(is_token):
    """The number of tokens before each; pads get 0.

    >>> positions_of(torch.tensor([[False, True, True]])).tolist()
    [[0, 0, 1]]
    """
    counted = is_token.long().cumsum(-1) - 1
    return counted.masked_fill(~is_token, 0)


def padding_mask(is_token):
    """True where a token may look, (B, 1, T, T); pads see themselves."""
    n = is_token.shape[-1]
    causal = torch.ones(n, n, dtype=torch.bool).tril()
    itself = torch.eye(n, dtype=torch.bool) & ~is_token[:, :, None]
    return (is_token[:, None, :].expand(-1, n, n) | itself)[:, None]


def last_rows(x, is_token):
    """x at the last token of each text, (B, D)."""
    n = is_token.shape[-1]
    places = torch.arange(n).masked_fill(~is_token, -1).amax(-1)
    return x[torch.arange(len(x)), places]


# %% wrong: pads_visible
# why: causal only
# says: this is the causal mask alone
import torch


def positions_of(is_token):
    """The number of tokens before each; pads get 0.

    >>> positions_of(torch.tensor([[False, True, True]])).tolist()
    [[0, 0, 1]]
    """
    counted = is_token.long().cumsum(-1) - 1
    return counted.masked_fill(~is_token, 0)


def padding_mask(is_token):
    """True where a token may look, (B, 1, T, T); pads see themselves."""
    n = is_token.shape[-1]
    causal = torch.ones(n, n, dtype=torch.bool).tril()
    itself = torch.eye(n, dtype=torch.bool) & ~is_token[:, :, None]
    return causal.expand(len(is_token), 1, n, n)


def last_rows(x, is_token):
    """x at the last token of each text, (B, D)."""
    n = is_token.shape[-1]
    places = torch.arange(n).masked_fill(~is_token, -1).amax(-1)
    return x[torch.arange(len(x)), places]


# %% wrong: queries_masked
# why: the wrong axis
# says: You hide what pads look at
import torch


def positions_of(is_token):
    """The number of tokens before each; pads get 0.

    >>> positions_of(torch.tensor([[False, True, True]])).tolist()
    [[0, 0, 1]]
    """
    counted = is_token.long().cumsum(-1) - 1
    return counted.masked_fill(~is_token, 0)


def padding_mask(is_token):
    """True where a token may look, (B, 1, T, T); pads see themselves."""
    n = is_token.shape[-1]
    causal = torch.ones(n, n, dtype=torch.bool).tril()
    itself = torch.eye(n, dtype=torch.bool) & ~is_token[:, :, None]
    return ((causal & is_token[:, :, None]) | itself)[:, None]


def last_rows(x, is_token):
    """x at the last token of each text, (B, D)."""
    n = is_token.shape[-1]
    places = torch.arange(n).masked_fill(~is_token, -1).amax(-1)
    return x[torch.arange(len(x)), places]


# %% wrong: an_empty_row
# why: pads see nothing
# says: A row of a left pad is all False
import torch


def positions_of(is_token):
    """The number of tokens before each; pads get 0.

    >>> positions_of(torch.tensor([[False, True, True]])).tolist()
    [[0, 0, 1]]
    """
    counted = is_token.long().cumsum(-1) - 1
    return counted.masked_fill(~is_token, 0)


def padding_mask(is_token):
    """True where a token may look, (B, 1, T, T); pads see themselves."""
    n = is_token.shape[-1]
    causal = torch.ones(n, n, dtype=torch.bool).tril()
    itself = torch.eye(n, dtype=torch.bool) & ~is_token[:, :, None]
    return (causal & is_token[:, None, :])[:, None]


def last_rows(x, is_token):
    """x at the last token of each text, (B, D)."""
    n = is_token.shape[-1]
    places = torch.arange(n).masked_fill(~is_token, -1).amax(-1)
    return x[torch.arange(len(x)), places]


# %% wrong: the_very_last
# why: x[:, -1]
# says: is a pad when padding stands on the right
import torch


def positions_of(is_token):
    """The number of tokens before each; pads get 0.

    >>> positions_of(torch.tensor([[False, True, True]])).tolist()
    [[0, 0, 1]]
    """
    counted = is_token.long().cumsum(-1) - 1
    return counted.masked_fill(~is_token, 0)


def padding_mask(is_token):
    """True where a token may look, (B, 1, T, T); pads see themselves."""
    n = is_token.shape[-1]
    causal = torch.ones(n, n, dtype=torch.bool).tril()
    itself = torch.eye(n, dtype=torch.bool) & ~is_token[:, :, None]
    return ((causal & is_token[:, None, :]) | itself)[:, None]


def last_rows(x, is_token):
    """x at the last token of each text, (B, D)."""
    n = is_token.shape[-1]
    places = torch.arange(n).masked_fill(~is_token, -1).amax(-1)
    return x[:, -1]


# %% wrong: by_count
# why: sum - 1
# says: only without padding on the left
import torch


def positions_of(is_token):
    """The number of tokens before each; pads get 0.

    >>> positions_of(torch.tensor([[False, True, True]])).tolist()
    [[0, 0, 1]]
    """
    counted = is_token.long().cumsum(-1) - 1
    return counted.masked_fill(~is_token, 0)


def padding_mask(is_token):
    """True where a token may look, (B, 1, T, T); pads see themselves."""
    n = is_token.shape[-1]
    causal = torch.ones(n, n, dtype=torch.bool).tril()
    itself = torch.eye(n, dtype=torch.bool) & ~is_token[:, :, None]
    return ((causal & is_token[:, None, :]) | itself)[:, None]


def last_rows(x, is_token):
    """x at the last token of each text, (B, D)."""
    n = is_token.shape[-1]
    places = is_token.sum(-1) - 1
    return x[torch.arange(len(x)), places]


# %% wrong: largest_position
# why: argmax of positions_of
# says: The largest position is no place
import torch


def positions_of(is_token):
    """The number of tokens before each; pads get 0.

    >>> positions_of(torch.tensor([[False, True, True]])).tolist()
    [[0, 0, 1]]
    """
    counted = is_token.long().cumsum(-1) - 1
    return counted.masked_fill(~is_token, 0)


def padding_mask(is_token):
    """True where a token may look, (B, 1, T, T); pads see themselves."""
    n = is_token.shape[-1]
    causal = torch.ones(n, n, dtype=torch.bool).tril()
    itself = torch.eye(n, dtype=torch.bool) & ~is_token[:, :, None]
    return ((causal & is_token[:, None, :]) | itself)[:, None]


def last_rows(x, is_token):
    """x at the last token of each text, (B, D)."""
    places = positions_of(is_token).argmax(-1)
    return x[torch.arange(len(x)), places]
