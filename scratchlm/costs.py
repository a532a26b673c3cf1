"""What a model costs: parameters, operations, bytes and hours.

All is counted from the numbers of a config, nothing is built, so a model
too large for any machine can be weighed. `GPTConfig` and `LlamaConfig` are
counted alike.

Left out on purpose: activations and their recomputation, communication
between devices, and prices.
"""

from scratchlm.model import GPTConfig

# Floating point operations of one multiplication with one addition.
MULTIPLY_ADD = 2
# A training step does the forward work, and twice that on the way back: for
# the gradients of what came in and of the weights. Kaplan et al. 2020 (arXiv
# 2001.08361), section 2.1.
TRAINING_PASSES = 3


def kv_width(config):
    """Numbers in the keys of one token and layer: H_kv * Dh."""
    n_kv_heads = getattr(config, "n_kv_heads", config.n_heads)
    return n_kv_heads * (config.emb_dim // config.n_heads)


def matrix_weights(config):
    """Weights that every token is multiplied with, by part.

    Returns {"attention", "feed_forward", "head"}, of all layers. Embeddings
    are looked up and do not count, but a tied head multiplies all the same.
    """
    emb_dim, n_layers = config.emb_dim, config.n_layers
    attention = emb_dim * (2 * emb_dim + 2 * kv_width(config))
    if isinstance(config, GPTConfig):
        feed_forward = 2 * emb_dim * 4 * emb_dim
    else:
        feed_forward = 3 * emb_dim * config.hidden_dim
    return {
        "attention": n_layers * attention,
        "feed_forward": n_layers * feed_forward,
        "head": config.vocab_size * emb_dim,
    }


def parameters_by_part(config):
    """How many parameters each part has; they add up to all of the model.

    Returns {"token_embedding", "position_embedding", "attention",
    "feed_forward", "norms", "head"}. A tied head counts as 0: its weights
    are those of the token embedding.

    >>> from scratchlm.model import GPT_CONFIG_124M
    >>> sum(parameters_by_part(GPT_CONFIG_124M).values())
    124439808
    """
    emb_dim, n_layers = config.emb_dim, config.n_layers
    matrices = matrix_weights(config)
    is_gpt = isinstance(config, GPTConfig)
    positions = config.context_length * emb_dim if is_gpt else 0
    attention_bias = feed_forward_bias = 0
    if is_gpt:
        attention_bias = emb_dim * (1 + 3 * config.qkv_bias)
        feed_forward_bias = 5 * emb_dim
    norm = 2 * emb_dim if is_gpt else emb_dim  # LayerNorm also has a bias
    return {
        "token_embedding": config.vocab_size * emb_dim,
        "position_embedding": positions,
        "attention": matrices["attention"] + n_layers * attention_bias,
        "feed_forward": matrices["feed_forward"]
        + n_layers * feed_forward_bias,
        "norms": (2 * n_layers + 1) * norm,
        "head": 0 if config.tie_head else matrices["head"],
    }


def check_count(name, value):
    """Raises ValueError unless `value` is a whole number of at least 1."""
    if value != int(value) or value < 1:
        raise ValueError(f"{name}={value}; take a whole number, at least 1")


def flops_per_token(config, n_tokens=None):
    """Operations that bring one token forward, in a window of `n_tokens`.

    Two a weight of the matrix products, and 2 L D T for attention: a token
    looks at T / 2 keys on average, for its scores and for its values.
    Norms, activations and softmax are less than a hundredth and not
    counted. `n_tokens` is context_length by default. Raises ValueError when
    it is longer than that or below 1.
    """
    n_tokens = config.context_length if n_tokens is None else n_tokens
    check_count("n_tokens", n_tokens)
    if n_tokens > config.context_length:
        raise ValueError(
            f"{n_tokens} tokens exceed context_length="
            f"{config.context_length}; take fewer"
        )
    weights = sum(matrix_weights(config).values())
    attention = config.n_layers * config.emb_dim * n_tokens
    return MULTIPLY_ADD * (weights + attention)


def training_flops(config, n_training_tokens, n_tokens=None):
    """Operations that train on `n_training_tokens`, once each.

    n_tokens: length of the windows, context_length by default. Raises
    ValueError as `flops_per_token` does, and for fewer than 1 token.
    """
    check_count("n_training_tokens", n_training_tokens)
    per_token = flops_per_token(config, n_tokens)
    return TRAINING_PASSES * per_token * n_training_tokens


def cache_bytes(config, n_tokens=None, batch_size=1, number_bytes=2):
    """Bytes of a KV cache for `n_tokens` (default: context_length).

    Keys and values of every layer; 2 bytes a number are bfloat16, 4 are
    float32. Raises ValueError for counts below 1.

    >>> from scratchlm.model import GPT_CONFIG_124M
    >>> cache_bytes(GPT_CONFIG_124M, n_tokens=1)
    36864
    """
    n_tokens = config.context_length if n_tokens is None else n_tokens
    counts = {"n_tokens": n_tokens, "batch_size": batch_size}
    for name, value in (counts | {"number_bytes": number_bytes}).items():
        check_count(name, value)
    numbers = 2 * config.n_layers * kv_width(config)  # of one token
    return numbers * n_tokens * batch_size * number_bytes


def training_bytes(config):
    """Bytes that training with AdamW keeps for the parameters.

    Returns {"weights", "gradients", "moments"}: 4, 4 and 8 bytes a
    parameter, all float32, as `scratchlm.trainer` keeps them also under
    bfloat16. Activations come on top and depend on the batch.
    """
    n_parameters = sum(parameters_by_part(config).values())
    return {
        "weights": 4 * n_parameters,
        "gradients": 4 * n_parameters,
        "moments": 2 * 4 * n_parameters,
    }


def training_hours(n_flops, peak, utilisation):
    """Hours that one device works on `n_flops` operations.

    peak: operations a second at best, as its data sheet says
    utilisation: the share of the peak that the training reaches, in (0, 1]

    Raises ValueError for numbers that no device has.

    >>> training_hours(3.6e15, peak=1e12, utilisation=0.5)
    2.0
    """
    if peak <= 0 or not 0 < utilisation <= 1:
        raise ValueError(
            f"peak={peak}, utilisation={utilisation}; the peak must be above "
            "0 and the utilisation a share above 0, up to 1"
        )
    return n_flops / (peak * utilisation) / 3600
