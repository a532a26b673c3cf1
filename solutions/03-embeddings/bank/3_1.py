# %% correct: as_a_product_with_one_hot_rows
import torch


def hot(token_ids, vocab_size, dtype):
    return (token_ids[..., None] == torch.arange(vocab_size)).to(dtype)


def embed(weight, token_ids):
    return hot(token_ids, weight.shape[0], weight.dtype) @ weight


def embed_gradient(token_ids, d_output, vocab_size):
    h = hot(token_ids.reshape(-1), vocab_size, d_output.dtype)
    return h.T @ d_output.reshape(len(h), -1)


# %% wrong: columns
# why: a token is a column
# says: You take columns
import torch


def embed(weight, token_ids):
    """The rows of the table that the ids name."""
    return weight.T[token_ids]


def embed_gradient(token_ids, d_output, vocab_size):
    """The table's gradient, (V, D): sums over the places of each id."""
    gradient = d_output.new_zeros(vocab_size, d_output.shape[-1])
    return gradient.index_add_(
        0, token_ids.flatten(), d_output.flatten(0, -2)
    )


# %% wrong: shape_lost
# why: flattens the ids
# says: The shape of the ids is lost
import torch


def embed(weight, token_ids):
    """The rows of the table that the ids name."""
    return weight[token_ids.flatten()]


def embed_gradient(token_ids, d_output, vocab_size):
    """The table's gradient, (V, D): sums over the places of each id."""
    gradient = d_output.new_zeros(vocab_size, d_output.shape[-1])
    return gradient.index_add_(
        0, token_ids.flatten(), d_output.flatten(0, -2)
    )


# %% wrong: graph_cut
# why: works on data
# says: The graph is cut
import torch


def embed(weight, token_ids):
    """The rows of the table that the ids name."""
    return weight.detach()[token_ids]


def embed_gradient(token_ids, d_output, vocab_size):
    """The table's gradient, (V, D): sums over the places of each id."""
    gradient = d_output.new_zeros(vocab_size, d_output.shape[-1])
    return gradient.index_add_(
        0, token_ids.flatten(), d_output.flatten(0, -2)
    )


# %% wrong: last_place_wins
# why: assigns instead of adding
# says: the last place wins
import torch


def embed(weight, token_ids):
    """The rows of the table that the ids name."""
    return weight[token_ids]


def embed_gradient(token_ids, d_output, vocab_size):
    """The table's gradient, (V, D): sums over the places of each id."""
    gradient = d_output.new_zeros(vocab_size, d_output.shape[-1])
    gradient[token_ids.flatten()] = d_output.flatten(0, -2)
    return gradient


# %% wrong: averaged
# why: the mean over places
# says: You average over the places
import torch


def embed(weight, token_ids):
    """The rows of the table that the ids name."""
    return weight[token_ids]


def embed_gradient(token_ids, d_output, vocab_size):
    """The table's gradient, (V, D): sums over the places of each id."""
    gradient = d_output.new_zeros(vocab_size, d_output.shape[-1])
    gradient.index_add_(0, token_ids.flatten(), d_output.flatten(0, -2))
    n = torch.bincount(token_ids.flatten(), minlength=vocab_size)
    return gradient / n.clamp(min=1)[:, None]


# %% wrong: rows_that_occur
# why: only ids that came
# says: The result has a row for each id that occurs
import torch


def embed(weight, token_ids):
    """The rows of the table that the ids name."""
    return weight[token_ids]


def embed_gradient(token_ids, d_output, vocab_size):
    """The table's gradient, (V, D): sums over the places of each id."""
    gradient = d_output.new_zeros(vocab_size, d_output.shape[-1])
    gradient.index_add_(0, token_ids.flatten(), d_output.flatten(0, -2))
    return gradient[token_ids.unique()]


# %% wrong: divided_by_all
# why: mean over the batch again
# says: You divide by the number of ids
import torch


def embed(weight, token_ids):
    """The rows of the table that the ids name."""
    return weight[token_ids]


def embed_gradient(token_ids, d_output, vocab_size):
    """The table's gradient, (V, D): sums over the places of each id."""
    gradient = d_output.new_zeros(vocab_size, d_output.shape[-1])
    gradient.index_add_(0, token_ids.flatten(), d_output.flatten(0, -2))
    return gradient / token_ids.numel()
