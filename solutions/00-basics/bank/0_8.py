# %% correct: layers_listed_and_a_model_on_the_meta_device
import torch
from torch import nn


def n_parameters(vocab_size, context_length, emb_dim, n_layers):
    with torch.device("meta"):
        parts = [nn.Embedding(vocab_size, emb_dim)]
        parts += [nn.Embedding(context_length, emb_dim), nn.LayerNorm(emb_dim)]
        block = nn.ModuleList([
            nn.LayerNorm(emb_dim), nn.Linear(emb_dim, 3 * emb_dim),
            nn.Linear(emb_dim, emb_dim), nn.LayerNorm(emb_dim),
            nn.Linear(emb_dim, 4 * emb_dim), nn.Linear(4 * emb_dim, emb_dim),
        ])
    outside = sum(p.numel() for m in parts for p in m.parameters())
    return outside + n_layers * sum(p.numel() for p in block.parameters())


def training_bytes(n, dtype, optimizer):
    table = {
        ("float32", "sgd"): (4, 4, 0),
        ("float32", "momentum"): (4, 4, 4),
        ("float32", "adamw"): (4, 4, 8),
        ("bfloat16", "sgd"): (2, 2, 4),
        ("bfloat16", "momentum"): (2, 2, 8),
        ("bfloat16", "adamw"): (2, 2, 12),
    }
    names = ("weights", "gradients", "optimizer")
    return {k: n * b for k, b in zip(names, table[dtype, optimizer])}


def cache_bytes(n_layers, n_tokens, emb_dim, batch_size, width):
    one_token = 2 * emb_dim * width
    return one_token * n_tokens * batch_size * n_layers


def training_flops(n, n_tokens):
    forward = 2 * n * n_tokens
    return forward + 2 * forward


# %% wrong: head_counted_again
# why: untied head
# says: The head is counted as a second matrix
def n_parameters(vocab_size, context_length, emb_dim, n_layers):
    """Parameters of a GPT-2 with a tied head.

    >>> n_parameters(50_257, 1024, 768, 12)
    124439808
    """
    d = emb_dim
    attention = d * 3 * d + 3 * d + d * d + d
    feed_forward = d * 4 * d + 4 * d + 4 * d * d + d
    block = attention + feed_forward + 2 * (2 * d)
    return (2 * vocab_size + context_length) * d + n_layers * block + 2 * d


def training_bytes(n, dtype, optimizer):
    """Bytes of weights, gradients and optimiser.

    >>> training_bytes(1000, "bfloat16", "sgd")
    {'weights': 2000, 'gradients': 2000, 'optimizer': 4000}
    """
    width = {"float32": 4, "bfloat16": 2}[dtype]
    kept = {"sgd": 0, "momentum": 1, "adamw": 2}[optimizer]
    if dtype == "bfloat16":
        kept += 1
    return {
        "weights": width * n,
        "gradients": width * n,
        "optimizer": 4 * kept * n,
    }


def cache_bytes(n_layers, n_tokens, emb_dim, batch_size, width):
    """Bytes of all keys and values.

    >>> cache_bytes(12, 1024, 768, 1, 4)
    75497472
    """
    return 2 * n_layers * n_tokens * emb_dim * batch_size * width


def training_flops(n, n_tokens):
    """Operations of training on n_tokens.

    >>> training_flops(1000, 10)
    60000
    """
    return 6 * n * n_tokens


# %% wrong: no_positions
# why: position vectors forgotten
# says: The position vectors are missing
def n_parameters(vocab_size, context_length, emb_dim, n_layers):
    """Parameters of a GPT-2 with a tied head.

    >>> n_parameters(50_257, 1024, 768, 12)
    124439808
    """
    d = emb_dim
    attention = d * 3 * d + 3 * d + d * d + d
    feed_forward = d * 4 * d + 4 * d + 4 * d * d + d
    block = attention + feed_forward + 2 * (2 * d)
    return vocab_size * d + n_layers * block + 2 * d


def training_bytes(n, dtype, optimizer):
    """Bytes of weights, gradients and optimiser.

    >>> training_bytes(1000, "bfloat16", "sgd")
    {'weights': 2000, 'gradients': 2000, 'optimizer': 4000}
    """
    width = {"float32": 4, "bfloat16": 2}[dtype]
    kept = {"sgd": 0, "momentum": 1, "adamw": 2}[optimizer]
    if dtype == "bfloat16":
        kept += 1
    return {
        "weights": width * n,
        "gradients": width * n,
        "optimizer": 4 * kept * n,
    }


def cache_bytes(n_layers, n_tokens, emb_dim, batch_size, width):
    """Bytes of all keys and values.

    >>> cache_bytes(12, 1024, 768, 1, 4)
    75497472
    """
    return 2 * n_layers * n_tokens * emb_dim * batch_size * width


def training_flops(n, n_tokens):
    """Operations of training on n_tokens.

    >>> training_flops(1000, 10)
    60000
    """
    return 6 * n * n_tokens


# %% wrong: no_biases
# why: linear layers without biases
# says: The biases of the linear layers are missing
def n_parameters(vocab_size, context_length, emb_dim, n_layers):
    """Parameters of a GPT-2 with a tied head.

    >>> n_parameters(50_257, 1024, 768, 12)
    124439808
    """
    d = emb_dim
    attention = d * 3 * d + d * d
    feed_forward = d * 4 * d + 4 * d * d
    block = attention + feed_forward + 2 * (2 * d)
    return (vocab_size + context_length) * d + n_layers * block + 2 * d


def training_bytes(n, dtype, optimizer):
    """Bytes of weights, gradients and optimiser.

    >>> training_bytes(1000, "bfloat16", "sgd")
    {'weights': 2000, 'gradients': 2000, 'optimizer': 4000}
    """
    width = {"float32": 4, "bfloat16": 2}[dtype]
    kept = {"sgd": 0, "momentum": 1, "adamw": 2}[optimizer]
    if dtype == "bfloat16":
        kept += 1
    return {
        "weights": width * n,
        "gradients": width * n,
        "optimizer": 4 * kept * n,
    }


def cache_bytes(n_layers, n_tokens, emb_dim, batch_size, width):
    """Bytes of all keys and values.

    >>> cache_bytes(12, 1024, 768, 1, 4)
    75497472
    """
    return 2 * n_layers * n_tokens * emb_dim * batch_size * width


def training_flops(n, n_tokens):
    """Operations of training on n_tokens.

    >>> training_flops(1000, 10)
    60000
    """
    return 6 * n * n_tokens


# %% wrong: no_last_norm
# why: the norm at the end
# says: The norm after the last block is missing
def n_parameters(vocab_size, context_length, emb_dim, n_layers):
    """Parameters of a GPT-2 with a tied head.

    >>> n_parameters(50_257, 1024, 768, 12)
    124439808
    """
    d = emb_dim
    attention = d * 3 * d + 3 * d + d * d + d
    feed_forward = d * 4 * d + 4 * d + 4 * d * d + d
    block = attention + feed_forward + 2 * (2 * d)
    return (vocab_size + context_length) * d + n_layers * block


def training_bytes(n, dtype, optimizer):
    """Bytes of weights, gradients and optimiser.

    >>> training_bytes(1000, "bfloat16", "sgd")
    {'weights': 2000, 'gradients': 2000, 'optimizer': 4000}
    """
    width = {"float32": 4, "bfloat16": 2}[dtype]
    kept = {"sgd": 0, "momentum": 1, "adamw": 2}[optimizer]
    if dtype == "bfloat16":
        kept += 1
    return {
        "weights": width * n,
        "gradients": width * n,
        "optimizer": 4 * kept * n,
    }


def cache_bytes(n_layers, n_tokens, emb_dim, batch_size, width):
    """Bytes of all keys and values.

    >>> cache_bytes(12, 1024, 768, 1, 4)
    75497472
    """
    return 2 * n_layers * n_tokens * emb_dim * batch_size * width


def training_flops(n, n_tokens):
    """Operations of training on n_tokens.

    >>> training_flops(1000, 10)
    60000
    """
    return 6 * n * n_tokens


# %% wrong: rule_of_thumb
# why: 12 L D^2
# says: 12 L D^2 is the rule of thumb
def n_parameters(vocab_size, context_length, emb_dim, n_layers):
    """Parameters of a GPT-2 with a tied head.

    >>> n_parameters(50_257, 1024, 768, 12)
    124439808
    """
    d = emb_dim
    attention = d * 3 * d + 3 * d + d * d + d
    feed_forward = d * 4 * d + 4 * d + 4 * d * d + d
    block = attention + feed_forward + 2 * (2 * d)
    return (vocab_size + context_length) * d + 12 * n_layers * d * d


def training_bytes(n, dtype, optimizer):
    """Bytes of weights, gradients and optimiser.

    >>> training_bytes(1000, "bfloat16", "sgd")
    {'weights': 2000, 'gradients': 2000, 'optimizer': 4000}
    """
    width = {"float32": 4, "bfloat16": 2}[dtype]
    kept = {"sgd": 0, "momentum": 1, "adamw": 2}[optimizer]
    if dtype == "bfloat16":
        kept += 1
    return {
        "weights": width * n,
        "gradients": width * n,
        "optimizer": 4 * kept * n,
    }


def cache_bytes(n_layers, n_tokens, emb_dim, batch_size, width):
    """Bytes of all keys and values.

    >>> cache_bytes(12, 1024, 768, 1, 4)
    75497472
    """
    return 2 * n_layers * n_tokens * emb_dim * batch_size * width


def training_flops(n, n_tokens):
    """Operations of training on n_tokens.

    >>> training_flops(1000, 10)
    60000
    """
    return 6 * n * n_tokens


# %% wrong: optimizer_forgotten
# why: no state
# says: The optimiser's state is forgotten
def n_parameters(vocab_size, context_length, emb_dim, n_layers):
    """Parameters of a GPT-2 with a tied head.

    >>> n_parameters(50_257, 1024, 768, 12)
    124439808
    """
    d = emb_dim
    attention = d * 3 * d + 3 * d + d * d + d
    feed_forward = d * 4 * d + 4 * d + 4 * d * d + d
    block = attention + feed_forward + 2 * (2 * d)
    return (vocab_size + context_length) * d + n_layers * block + 2 * d


def training_bytes(n, dtype, optimizer):
    """Bytes of weights, gradients and optimiser.

    >>> training_bytes(1000, "bfloat16", "sgd")
    {'weights': 2000, 'gradients': 2000, 'optimizer': 4000}
    """
    width = {"float32": 4, "bfloat16": 2}[dtype]
    kept = {"sgd": 0, "momentum": 1, "adamw": 2}[optimizer]
    if dtype == "bfloat16":
        kept += 1
    return {
        "weights": width * n,
        "gradients": width * n,
        "optimizer": 0,
    }


def cache_bytes(n_layers, n_tokens, emb_dim, batch_size, width):
    """Bytes of all keys and values.

    >>> cache_bytes(12, 1024, 768, 1, 4)
    75497472
    """
    return 2 * n_layers * n_tokens * emb_dim * batch_size * width


def training_flops(n, n_tokens):
    """Operations of training on n_tokens.

    >>> training_flops(1000, 10)
    60000
    """
    return 6 * n * n_tokens


# %% wrong: no_master_copy
# why: bfloat16 weights alone
# says: With bfloat16 a float32 copy
def n_parameters(vocab_size, context_length, emb_dim, n_layers):
    """Parameters of a GPT-2 with a tied head.

    >>> n_parameters(50_257, 1024, 768, 12)
    124439808
    """
    d = emb_dim
    attention = d * 3 * d + 3 * d + d * d + d
    feed_forward = d * 4 * d + 4 * d + 4 * d * d + d
    block = attention + feed_forward + 2 * (2 * d)
    return (vocab_size + context_length) * d + n_layers * block + 2 * d


def training_bytes(n, dtype, optimizer):
    """Bytes of weights, gradients and optimiser.

    >>> training_bytes(1000, "bfloat16", "sgd")
    {'weights': 2000, 'gradients': 2000, 'optimizer': 4000}
    """
    width = {"float32": 4, "bfloat16": 2}[dtype]
    kept = {"sgd": 0, "momentum": 1, "adamw": 2}[optimizer]
    return {
        "weights": width * n,
        "gradients": width * n,
        "optimizer": 4 * kept * n,
    }


def cache_bytes(n_layers, n_tokens, emb_dim, batch_size, width):
    """Bytes of all keys and values.

    >>> cache_bytes(12, 1024, 768, 1, 4)
    75497472
    """
    return 2 * n_layers * n_tokens * emb_dim * batch_size * width


def training_flops(n, n_tokens):
    """Operations of training on n_tokens.

    >>> training_flops(1000, 10)
    60000
    """
    return 6 * n * n_tokens


# %% wrong: state_in_bfloat16
# why: the optimiser in the dtype of the weights
# says: The optimiser's numbers are float32
def n_parameters(vocab_size, context_length, emb_dim, n_layers):
    """Parameters of a GPT-2 with a tied head.

    >>> n_parameters(50_257, 1024, 768, 12)
    124439808
    """
    d = emb_dim
    attention = d * 3 * d + 3 * d + d * d + d
    feed_forward = d * 4 * d + 4 * d + 4 * d * d + d
    block = attention + feed_forward + 2 * (2 * d)
    return (vocab_size + context_length) * d + n_layers * block + 2 * d


def training_bytes(n, dtype, optimizer):
    """Bytes of weights, gradients and optimiser.

    >>> training_bytes(1000, "bfloat16", "sgd")
    {'weights': 2000, 'gradients': 2000, 'optimizer': 4000}
    """
    width = {"float32": 4, "bfloat16": 2}[dtype]
    kept = {"sgd": 0, "momentum": 1, "adamw": 2}[optimizer]
    if dtype == "bfloat16":
        kept += 1
    return {
        "weights": width * n,
        "gradients": width * n,
        "optimizer": width * kept * n,
    }


def cache_bytes(n_layers, n_tokens, emb_dim, batch_size, width):
    """Bytes of all keys and values.

    >>> cache_bytes(12, 1024, 768, 1, 4)
    75497472
    """
    return 2 * n_layers * n_tokens * emb_dim * batch_size * width


def training_flops(n, n_tokens):
    """Operations of training on n_tokens.

    >>> training_flops(1000, 10)
    60000
    """
    return 6 * n * n_tokens


# %% wrong: gradients_in_float32
# why: always four bytes
# says: Gradients have the dtype of the weights
def n_parameters(vocab_size, context_length, emb_dim, n_layers):
    """Parameters of a GPT-2 with a tied head.

    >>> n_parameters(50_257, 1024, 768, 12)
    124439808
    """
    d = emb_dim
    attention = d * 3 * d + 3 * d + d * d + d
    feed_forward = d * 4 * d + 4 * d + 4 * d * d + d
    block = attention + feed_forward + 2 * (2 * d)
    return (vocab_size + context_length) * d + n_layers * block + 2 * d


def training_bytes(n, dtype, optimizer):
    """Bytes of weights, gradients and optimiser.

    >>> training_bytes(1000, "bfloat16", "sgd")
    {'weights': 2000, 'gradients': 2000, 'optimizer': 4000}
    """
    width = {"float32": 4, "bfloat16": 2}[dtype]
    kept = {"sgd": 0, "momentum": 1, "adamw": 2}[optimizer]
    if dtype == "bfloat16":
        kept += 1
    return {
        "weights": width * n,
        "gradients": 4 * n,
        "optimizer": 4 * kept * n,
    }


def cache_bytes(n_layers, n_tokens, emb_dim, batch_size, width):
    """Bytes of all keys and values.

    >>> cache_bytes(12, 1024, 768, 1, 4)
    75497472
    """
    return 2 * n_layers * n_tokens * emb_dim * batch_size * width


def training_flops(n, n_tokens):
    """Operations of training on n_tokens.

    >>> training_flops(1000, 10)
    60000
    """
    return 6 * n * n_tokens


# %% wrong: no_gradients
# why: gradients forgotten
# says: A gradient for each weight
def n_parameters(vocab_size, context_length, emb_dim, n_layers):
    """Parameters of a GPT-2 with a tied head.

    >>> n_parameters(50_257, 1024, 768, 12)
    124439808
    """
    d = emb_dim
    attention = d * 3 * d + 3 * d + d * d + d
    feed_forward = d * 4 * d + 4 * d + 4 * d * d + d
    block = attention + feed_forward + 2 * (2 * d)
    return (vocab_size + context_length) * d + n_layers * block + 2 * d


def training_bytes(n, dtype, optimizer):
    """Bytes of weights, gradients and optimiser.

    >>> training_bytes(1000, "bfloat16", "sgd")
    {'weights': 2000, 'gradients': 2000, 'optimizer': 4000}
    """
    width = {"float32": 4, "bfloat16": 2}[dtype]
    kept = {"sgd": 0, "momentum": 1, "adamw": 2}[optimizer]
    if dtype == "bfloat16":
        kept += 1
    return {
        "weights": width * n,
        "gradients": 0,
        "optimizer": 4 * kept * n,
    }


def cache_bytes(n_layers, n_tokens, emb_dim, batch_size, width):
    """Bytes of all keys and values.

    >>> cache_bytes(12, 1024, 768, 1, 4)
    75497472
    """
    return 2 * n_layers * n_tokens * emb_dim * batch_size * width


def training_flops(n, n_tokens):
    """Operations of training on n_tokens.

    >>> training_flops(1000, 10)
    60000
    """
    return 6 * n * n_tokens


# %% wrong: keys_only
# why: values forgotten
# says: Keys *and* values are kept
def n_parameters(vocab_size, context_length, emb_dim, n_layers):
    """Parameters of a GPT-2 with a tied head.

    >>> n_parameters(50_257, 1024, 768, 12)
    124439808
    """
    d = emb_dim
    attention = d * 3 * d + 3 * d + d * d + d
    feed_forward = d * 4 * d + 4 * d + 4 * d * d + d
    block = attention + feed_forward + 2 * (2 * d)
    return (vocab_size + context_length) * d + n_layers * block + 2 * d


def training_bytes(n, dtype, optimizer):
    """Bytes of weights, gradients and optimiser.

    >>> training_bytes(1000, "bfloat16", "sgd")
    {'weights': 2000, 'gradients': 2000, 'optimizer': 4000}
    """
    width = {"float32": 4, "bfloat16": 2}[dtype]
    kept = {"sgd": 0, "momentum": 1, "adamw": 2}[optimizer]
    if dtype == "bfloat16":
        kept += 1
    return {
        "weights": width * n,
        "gradients": width * n,
        "optimizer": 4 * kept * n,
    }


def cache_bytes(n_layers, n_tokens, emb_dim, batch_size, width):
    """Bytes of all keys and values.

    >>> cache_bytes(12, 1024, 768, 1, 4)
    75497472
    """
    return n_layers * n_tokens * emb_dim * batch_size * width


def training_flops(n, n_tokens):
    """Operations of training on n_tokens.

    >>> training_flops(1000, 10)
    60000
    """
    return 6 * n * n_tokens


# %% wrong: one_layer
# why: the layers share a cache
# says: Each layer has a cache of its own
def n_parameters(vocab_size, context_length, emb_dim, n_layers):
    """Parameters of a GPT-2 with a tied head.

    >>> n_parameters(50_257, 1024, 768, 12)
    124439808
    """
    d = emb_dim
    attention = d * 3 * d + 3 * d + d * d + d
    feed_forward = d * 4 * d + 4 * d + 4 * d * d + d
    block = attention + feed_forward + 2 * (2 * d)
    return (vocab_size + context_length) * d + n_layers * block + 2 * d


def training_bytes(n, dtype, optimizer):
    """Bytes of weights, gradients and optimiser.

    >>> training_bytes(1000, "bfloat16", "sgd")
    {'weights': 2000, 'gradients': 2000, 'optimizer': 4000}
    """
    width = {"float32": 4, "bfloat16": 2}[dtype]
    kept = {"sgd": 0, "momentum": 1, "adamw": 2}[optimizer]
    if dtype == "bfloat16":
        kept += 1
    return {
        "weights": width * n,
        "gradients": width * n,
        "optimizer": 4 * kept * n,
    }


def cache_bytes(n_layers, n_tokens, emb_dim, batch_size, width):
    """Bytes of all keys and values.

    >>> cache_bytes(12, 1024, 768, 1, 4)
    75497472
    """
    return 2 * n_tokens * emb_dim * batch_size * width


def training_flops(n, n_tokens):
    """Operations of training on n_tokens.

    >>> training_flops(1000, 10)
    60000
    """
    return 6 * n * n_tokens


# %% wrong: square_of_the_length
# why: T by T
# says: The cache holds D numbers a token
def n_parameters(vocab_size, context_length, emb_dim, n_layers):
    """Parameters of a GPT-2 with a tied head.

    >>> n_parameters(50_257, 1024, 768, 12)
    124439808
    """
    d = emb_dim
    attention = d * 3 * d + 3 * d + d * d + d
    feed_forward = d * 4 * d + 4 * d + 4 * d * d + d
    block = attention + feed_forward + 2 * (2 * d)
    return (vocab_size + context_length) * d + n_layers * block + 2 * d


def training_bytes(n, dtype, optimizer):
    """Bytes of weights, gradients and optimiser.

    >>> training_bytes(1000, "bfloat16", "sgd")
    {'weights': 2000, 'gradients': 2000, 'optimizer': 4000}
    """
    width = {"float32": 4, "bfloat16": 2}[dtype]
    kept = {"sgd": 0, "momentum": 1, "adamw": 2}[optimizer]
    if dtype == "bfloat16":
        kept += 1
    return {
        "weights": width * n,
        "gradients": width * n,
        "optimizer": 4 * kept * n,
    }


def cache_bytes(n_layers, n_tokens, emb_dim, batch_size, width):
    """Bytes of all keys and values.

    >>> cache_bytes(12, 1024, 768, 1, 4)
    75497472
    """
    return 2 * n_layers * n_tokens * n_tokens * batch_size * width


def training_flops(n, n_tokens):
    """Operations of training on n_tokens.

    >>> training_flops(1000, 10)
    60000
    """
    return 6 * n * n_tokens


# %% wrong: forward_only
# why: two operations
# says: That is the forward pass
def n_parameters(vocab_size, context_length, emb_dim, n_layers):
    """Parameters of a GPT-2 with a tied head.

    >>> n_parameters(50_257, 1024, 768, 12)
    124439808
    """
    d = emb_dim
    attention = d * 3 * d + 3 * d + d * d + d
    feed_forward = d * 4 * d + 4 * d + 4 * d * d + d
    block = attention + feed_forward + 2 * (2 * d)
    return (vocab_size + context_length) * d + n_layers * block + 2 * d


def training_bytes(n, dtype, optimizer):
    """Bytes of weights, gradients and optimiser.

    >>> training_bytes(1000, "bfloat16", "sgd")
    {'weights': 2000, 'gradients': 2000, 'optimizer': 4000}
    """
    width = {"float32": 4, "bfloat16": 2}[dtype]
    kept = {"sgd": 0, "momentum": 1, "adamw": 2}[optimizer]
    if dtype == "bfloat16":
        kept += 1
    return {
        "weights": width * n,
        "gradients": width * n,
        "optimizer": 4 * kept * n,
    }


def cache_bytes(n_layers, n_tokens, emb_dim, batch_size, width):
    """Bytes of all keys and values.

    >>> cache_bytes(12, 1024, 768, 1, 4)
    75497472
    """
    return 2 * n_layers * n_tokens * emb_dim * batch_size * width


def training_flops(n, n_tokens):
    """Operations of training on n_tokens.

    >>> training_flops(1000, 10)
    60000
    """
    return 2 * n * n_tokens


# %% wrong: multiplications_only
# why: additions forgotten
# says: Multiplications alone
def n_parameters(vocab_size, context_length, emb_dim, n_layers):
    """Parameters of a GPT-2 with a tied head.

    >>> n_parameters(50_257, 1024, 768, 12)
    124439808
    """
    d = emb_dim
    attention = d * 3 * d + 3 * d + d * d + d
    feed_forward = d * 4 * d + 4 * d + 4 * d * d + d
    block = attention + feed_forward + 2 * (2 * d)
    return (vocab_size + context_length) * d + n_layers * block + 2 * d


def training_bytes(n, dtype, optimizer):
    """Bytes of weights, gradients and optimiser.

    >>> training_bytes(1000, "bfloat16", "sgd")
    {'weights': 2000, 'gradients': 2000, 'optimizer': 4000}
    """
    width = {"float32": 4, "bfloat16": 2}[dtype]
    kept = {"sgd": 0, "momentum": 1, "adamw": 2}[optimizer]
    if dtype == "bfloat16":
        kept += 1
    return {
        "weights": width * n,
        "gradients": width * n,
        "optimizer": 4 * kept * n,
    }


def cache_bytes(n_layers, n_tokens, emb_dim, batch_size, width):
    """Bytes of all keys and values.

    >>> cache_bytes(12, 1024, 768, 1, 4)
    75497472
    """
    return 2 * n_layers * n_tokens * emb_dim * batch_size * width


def training_flops(n, n_tokens):
    """Operations of training on n_tokens.

    >>> training_flops(1000, 10)
    60000
    """
    return 3 * n * n_tokens
