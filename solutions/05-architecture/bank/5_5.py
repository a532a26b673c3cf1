# %% correct: from_shapes
from math import prod


def count_parameters(vocab_size, context_length, emb_dim, n_layers, tied, qkv_bias):
    d = emb_dim
    one = [(d,), (d,), (3 * d, d), (d, d), (d,), (d,), (d,), (4 * d, d), (4 * d,), (d, 4 * d), (d,)]
    if qkv_bias:
        one.append((3 * d,))
    rest = [(vocab_size, d), (context_length, d), (d,), (d,)]
    if not tied:
        rest.append((vocab_size, d))
    return n_layers * sum(map(prod, one)) + sum(map(prod, rest))


# %% wrong: head_counted_twice
# why: always untied
# says: becomes 163 million
def count_parameters(
    vocab_size, context_length, emb_dim, n_layers, tied, qkv_bias
):
    """How many numbers a model of GPT-2's form learns.

    >>> count_parameters(50257, 1024, 768, 12, True, True)
    124439808
    """
    d = emb_dim
    attention = 4 * d * d + d + 3 * d * qkv_bias
    feed_forward = 8 * d * d + 5 * d
    norms = 4 * d
    tables = (vocab_size + context_length) * d
    head = vocab_size * d
    return tables + n_layers * (attention + feed_forward + norms) + 2 * d + head


# %% wrong: never_a_head
# why: always tied
# says: Untied, the head is a second table
def count_parameters(
    vocab_size, context_length, emb_dim, n_layers, tied, qkv_bias
):
    """How many numbers a model of GPT-2's form learns.

    >>> count_parameters(50257, 1024, 768, 12, True, True)
    124439808
    """
    d = emb_dim
    attention = 4 * d * d + d + 3 * d * qkv_bias
    feed_forward = 8 * d * d + 5 * d
    norms = 4 * d
    tables = (vocab_size + context_length) * d
    head = 0
    return tables + n_layers * (attention + feed_forward + norms) + 2 * d + head


# %% wrong: qkv_bias_ignored
# why: never
# says: qkv_bias is ignored
def count_parameters(
    vocab_size, context_length, emb_dim, n_layers, tied, qkv_bias
):
    """How many numbers a model of GPT-2's form learns.

    >>> count_parameters(50257, 1024, 768, 12, True, True)
    124439808
    """
    d = emb_dim
    attention = 4 * d * d + d
    feed_forward = 8 * d * d + 5 * d
    norms = 4 * d
    tables = (vocab_size + context_length) * d
    head = 0 if tied else vocab_size * d
    return tables + n_layers * (attention + feed_forward + norms) + 2 * d + head


# %% wrong: no_bias_behind_the_heads
# why: 3 D only
# says: The projection behind the heads has a bias
def count_parameters(
    vocab_size, context_length, emb_dim, n_layers, tied, qkv_bias
):
    """How many numbers a model of GPT-2's form learns.

    >>> count_parameters(50257, 1024, 768, 12, True, True)
    124439808
    """
    d = emb_dim
    attention = 4 * d * d + 3 * d * qkv_bias
    feed_forward = 8 * d * d + 5 * d
    norms = 4 * d
    tables = (vocab_size + context_length) * d
    head = 0 if tied else vocab_size * d
    return tables + n_layers * (attention + feed_forward + norms) + 2 * d + head


# %% wrong: no_final_norm
# why: forgotten
# says: The final norm is missing from
def count_parameters(
    vocab_size, context_length, emb_dim, n_layers, tied, qkv_bias
):
    """How many numbers a model of GPT-2's form learns.

    >>> count_parameters(50257, 1024, 768, 12, True, True)
    124439808
    """
    d = emb_dim
    attention = 4 * d * d + d + 3 * d * qkv_bias
    feed_forward = 8 * d * d + 5 * d
    norms = 4 * d
    tables = (vocab_size + context_length) * d
    head = 0 if tied else vocab_size * d
    return tables + n_layers * (attention + feed_forward + norms) + head


# %% wrong: norms_without_bias
# why: D each
# says: Layer norms have a weight *and* a bias
def count_parameters(
    vocab_size, context_length, emb_dim, n_layers, tied, qkv_bias
):
    """How many numbers a model of GPT-2's form learns.

    >>> count_parameters(50257, 1024, 768, 12, True, True)
    124439808
    """
    d = emb_dim
    attention = 4 * d * d + d + 3 * d * qkv_bias
    feed_forward = 8 * d * d + 5 * d
    norms = 2 * d
    tables = (vocab_size + context_length) * d
    head = 0 if tied else vocab_size * d
    return tables + n_layers * (attention + feed_forward + norms) + d + head


# %% wrong: one_norm
# why: one a block
# says: 2 D a layer too few
def count_parameters(
    vocab_size, context_length, emb_dim, n_layers, tied, qkv_bias
):
    """How many numbers a model of GPT-2's form learns.

    >>> count_parameters(50257, 1024, 768, 12, True, True)
    124439808
    """
    d = emb_dim
    attention = 4 * d * d + d + 3 * d * qkv_bias
    feed_forward = 8 * d * d + 5 * d
    norms = 2 * d
    tables = (vocab_size + context_length) * d
    head = 0 if tied else vocab_size * d
    return tables + n_layers * (attention + feed_forward + norms) + 2 * d + head


# %% wrong: feed_forward_without_biases
# why: 8 D² only
# says: The feed-forward has two biases
def count_parameters(
    vocab_size, context_length, emb_dim, n_layers, tied, qkv_bias
):
    """How many numbers a model of GPT-2's form learns.

    >>> count_parameters(50257, 1024, 768, 12, True, True)
    124439808
    """
    d = emb_dim
    attention = 4 * d * d + d + 3 * d * qkv_bias
    feed_forward = 8 * d * d
    norms = 4 * d
    tables = (vocab_size + context_length) * d
    head = 0 if tied else vocab_size * d
    return tables + n_layers * (attention + feed_forward + norms) + 2 * d + head


# %% wrong: no_positions
# why: one table
# says: The table of positions is missing
def count_parameters(
    vocab_size, context_length, emb_dim, n_layers, tied, qkv_bias
):
    """How many numbers a model of GPT-2's form learns.

    >>> count_parameters(50257, 1024, 768, 12, True, True)
    124439808
    """
    d = emb_dim
    attention = 4 * d * d + d + 3 * d * qkv_bias
    feed_forward = 8 * d * d + 5 * d
    norms = 4 * d
    tables = vocab_size * d
    head = 0 if tied else vocab_size * d
    return tables + n_layers * (attention + feed_forward + norms) + 2 * d + head


# %% wrong: one_matrix_for_three
# why: 2 D²
# says: Queries, keys and values have a matrix each
def count_parameters(
    vocab_size, context_length, emb_dim, n_layers, tied, qkv_bias
):
    """How many numbers a model of GPT-2's form learns.

    >>> count_parameters(50257, 1024, 768, 12, True, True)
    124439808
    """
    d = emb_dim
    attention = 2 * d * d + d + 3 * d * qkv_bias
    feed_forward = 8 * d * d + 5 * d
    norms = 4 * d
    tables = (vocab_size + context_length) * d
    head = 0 if tied else vocab_size * d
    return tables + n_layers * (attention + feed_forward + norms) + 2 * d + head
