# %% correct: product_by_product
def product(rows, inner, columns):
    return 2 * rows * inner * columns


def forward_flops(n_tokens, vocab_size, emb_dim, n_layers):
    total = product(n_tokens, emb_dim, vocab_size)
    for _ in range(n_layers):
        total += product(n_tokens, emb_dim, 3 * emb_dim)
        total += product(n_tokens, emb_dim, n_tokens) + product(n_tokens, n_tokens, emb_dim)
        total += product(n_tokens, emb_dim, emb_dim)
        total += product(n_tokens, emb_dim, 4 * emb_dim) + product(n_tokens, 4 * emb_dim, emb_dim)
    return total


def training_flops(n_windows, n_tokens, vocab_size, emb_dim, n_layers):
    forward = n_windows * forward_flops(n_tokens, vocab_size, emb_dim, n_layers)
    backward = 2 * forward
    return forward + backward


def score_bytes(n_rows, n_heads, n_tokens, n_layers, bytes_per_number):
    return n_layers * n_rows * n_heads * n_tokens**2 * bytes_per_number


# %% wrong: one_operation
# why: no factor 2
# says: two operations
def forward_flops(n_tokens, vocab_size, emb_dim, n_layers):
    """Operations of a forward pass over one text.

    >>> forward_flops(1, 10, 8, 1)
    1728
    """
    t, d = n_tokens, emb_dim
    matrices = 12 * t * d * d  # qkv 6, projection 2, feed-forward 16
    attention = 2 * t * t * d
    return n_layers * (matrices + attention) + t * d * vocab_size


def training_flops(n_windows, n_tokens, vocab_size, emb_dim, n_layers):
    """Operations of a training on so many windows."""
    one = forward_flops(n_tokens, vocab_size, emb_dim, n_layers)
    return 3 * n_windows * one


def score_bytes(n_rows, n_heads, n_tokens, n_layers, bytes_per_number):
    """Bytes of the attention weights that wait for the backward pass."""
    numbers = n_rows * n_heads * n_tokens * n_tokens * n_layers
    return numbers * bytes_per_number


# %% wrong: no_attention
# why: 6ND without it
# says: The products of attention itself are missing
def forward_flops(n_tokens, vocab_size, emb_dim, n_layers):
    """Operations of a forward pass over one text.

    >>> forward_flops(1, 10, 8, 1)
    1728
    """
    t, d = n_tokens, emb_dim
    matrices = 24 * t * d * d  # qkv 6, projection 2, feed-forward 16
    attention = 0
    return n_layers * (matrices + attention) + 2 * t * d * vocab_size


def training_flops(n_windows, n_tokens, vocab_size, emb_dim, n_layers):
    """Operations of a training on so many windows."""
    one = forward_flops(n_tokens, vocab_size, emb_dim, n_layers)
    return 3 * n_windows * one


def score_bytes(n_rows, n_heads, n_tokens, n_layers, bytes_per_number):
    """Bytes of the attention weights that wait for the backward pass."""
    numbers = n_rows * n_heads * n_tokens * n_tokens * n_layers
    return numbers * bytes_per_number


# %% wrong: scores_only
# why: half
# says: Half of 4 T^2 D
def forward_flops(n_tokens, vocab_size, emb_dim, n_layers):
    """Operations of a forward pass over one text.

    >>> forward_flops(1, 10, 8, 1)
    1728
    """
    t, d = n_tokens, emb_dim
    matrices = 24 * t * d * d  # qkv 6, projection 2, feed-forward 16
    attention = 2 * t * t * d
    return n_layers * (matrices + attention) + 2 * t * d * vocab_size


def training_flops(n_windows, n_tokens, vocab_size, emb_dim, n_layers):
    """Operations of a training on so many windows."""
    one = forward_flops(n_tokens, vocab_size, emb_dim, n_layers)
    return 3 * n_windows * one


def score_bytes(n_rows, n_heads, n_tokens, n_layers, bytes_per_number):
    """Bytes of the attention weights that wait for the backward pass."""
    numbers = n_rows * n_heads * n_tokens * n_tokens * n_layers
    return numbers * bytes_per_number


# %% wrong: attention_linear
# why: T not squared
# says: attention grows with the square of T
def forward_flops(n_tokens, vocab_size, emb_dim, n_layers):
    """Operations of a forward pass over one text.

    >>> forward_flops(1, 10, 8, 1)
    1728
    """
    t, d = n_tokens, emb_dim
    matrices = 24 * t * d * d  # qkv 6, projection 2, feed-forward 16
    attention = 4 * t * d
    return n_layers * (matrices + attention) + 2 * t * d * vocab_size


def training_flops(n_windows, n_tokens, vocab_size, emb_dim, n_layers):
    """Operations of a training on so many windows."""
    one = forward_flops(n_tokens, vocab_size, emb_dim, n_layers)
    return 3 * n_windows * one


def score_bytes(n_rows, n_heads, n_tokens, n_layers, bytes_per_number):
    """Bytes of the attention weights that wait for the backward pass."""
    numbers = n_rows * n_heads * n_tokens * n_tokens * n_layers
    return numbers * bytes_per_number


# %% wrong: no_head
# why: left out
# says: The head is missing: 2 T D V
def forward_flops(n_tokens, vocab_size, emb_dim, n_layers):
    """Operations of a forward pass over one text.

    >>> forward_flops(1, 10, 8, 1)
    1728
    """
    t, d = n_tokens, emb_dim
    matrices = 24 * t * d * d  # qkv 6, projection 2, feed-forward 16
    attention = 4 * t * t * d
    return n_layers * (matrices + attention)


def training_flops(n_windows, n_tokens, vocab_size, emb_dim, n_layers):
    """Operations of a training on so many windows."""
    one = forward_flops(n_tokens, vocab_size, emb_dim, n_layers)
    return 3 * n_windows * one


def score_bytes(n_rows, n_heads, n_tokens, n_layers, bytes_per_number):
    """Bytes of the attention weights that wait for the backward pass."""
    numbers = n_rows * n_heads * n_tokens * n_tokens * n_layers
    return numbers * bytes_per_number


# %% wrong: no_projection
# why: 22
# says: The projection behind the heads is missing
def forward_flops(n_tokens, vocab_size, emb_dim, n_layers):
    """Operations of a forward pass over one text.

    >>> forward_flops(1, 10, 8, 1)
    1728
    """
    t, d = n_tokens, emb_dim
    matrices = 22 * t * d * d  # qkv 6, projection 2, feed-forward 16
    attention = 4 * t * t * d
    return n_layers * (matrices + attention) + 2 * t * d * vocab_size


def training_flops(n_windows, n_tokens, vocab_size, emb_dim, n_layers):
    """Operations of a training on so many windows."""
    one = forward_flops(n_tokens, vocab_size, emb_dim, n_layers)
    return 3 * n_windows * one


def score_bytes(n_rows, n_heads, n_tokens, n_layers, bytes_per_number):
    """Bytes of the attention weights that wait for the backward pass."""
    numbers = n_rows * n_heads * n_tokens * n_tokens * n_layers
    return numbers * bytes_per_number


# %% wrong: backward_as_forward
# why: 2
# says: The backward pass costs twice
def forward_flops(n_tokens, vocab_size, emb_dim, n_layers):
    """Operations of a forward pass over one text.

    >>> forward_flops(1, 10, 8, 1)
    1728
    """
    t, d = n_tokens, emb_dim
    matrices = 24 * t * d * d  # qkv 6, projection 2, feed-forward 16
    attention = 4 * t * t * d
    return n_layers * (matrices + attention) + 2 * t * d * vocab_size


def training_flops(n_windows, n_tokens, vocab_size, emb_dim, n_layers):
    """Operations of a training on so many windows."""
    one = forward_flops(n_tokens, vocab_size, emb_dim, n_layers)
    return 2 * n_windows * one


def score_bytes(n_rows, n_heads, n_tokens, n_layers, bytes_per_number):
    """Bytes of the attention weights that wait for the backward pass."""
    numbers = n_rows * n_heads * n_tokens * n_tokens * n_layers
    return numbers * bytes_per_number


# %% wrong: forward_only
# why: 1
# says: This is the forward pass alone
def forward_flops(n_tokens, vocab_size, emb_dim, n_layers):
    """Operations of a forward pass over one text.

    >>> forward_flops(1, 10, 8, 1)
    1728
    """
    t, d = n_tokens, emb_dim
    matrices = 24 * t * d * d  # qkv 6, projection 2, feed-forward 16
    attention = 4 * t * t * d
    return n_layers * (matrices + attention) + 2 * t * d * vocab_size


def training_flops(n_windows, n_tokens, vocab_size, emb_dim, n_layers):
    """Operations of a training on so many windows."""
    one = forward_flops(n_tokens, vocab_size, emb_dim, n_layers)
    return n_windows * one


def score_bytes(n_rows, n_heads, n_tokens, n_layers, bytes_per_number):
    """Bytes of the attention weights that wait for the backward pass."""
    numbers = n_rows * n_heads * n_tokens * n_tokens * n_layers
    return numbers * bytes_per_number


# %% wrong: one_long_text
# why: T of all
# says: Windows are separate
def forward_flops(n_tokens, vocab_size, emb_dim, n_layers):
    """Operations of a forward pass over one text.

    >>> forward_flops(1, 10, 8, 1)
    1728
    """
    t, d = n_tokens, emb_dim
    matrices = 24 * t * d * d  # qkv 6, projection 2, feed-forward 16
    attention = 4 * t * t * d
    return n_layers * (matrices + attention) + 2 * t * d * vocab_size


def training_flops(n_windows, n_tokens, vocab_size, emb_dim, n_layers):
    """Operations of a training on so many windows."""
    total = n_windows * n_tokens
    return 3 * forward_flops(total, vocab_size, emb_dim, n_layers)


def score_bytes(n_rows, n_heads, n_tokens, n_layers, bytes_per_number):
    """Bytes of the attention weights that wait for the backward pass."""
    numbers = n_rows * n_heads * n_tokens * n_tokens * n_layers
    return numbers * bytes_per_number


# %% wrong: scores_linear
# why: T
# says: T x T for each head, not T
def forward_flops(n_tokens, vocab_size, emb_dim, n_layers):
    """Operations of a forward pass over one text.

    >>> forward_flops(1, 10, 8, 1)
    1728
    """
    t, d = n_tokens, emb_dim
    matrices = 24 * t * d * d  # qkv 6, projection 2, feed-forward 16
    attention = 4 * t * t * d
    return n_layers * (matrices + attention) + 2 * t * d * vocab_size


def training_flops(n_windows, n_tokens, vocab_size, emb_dim, n_layers):
    """Operations of a training on so many windows."""
    one = forward_flops(n_tokens, vocab_size, emb_dim, n_layers)
    return 3 * n_windows * one


def score_bytes(n_rows, n_heads, n_tokens, n_layers, bytes_per_number):
    """Bytes of the attention weights that wait for the backward pass."""
    numbers = n_rows * n_heads * n_tokens * n_layers
    return numbers * bytes_per_number


# %% wrong: one_head
# why: no H
# says: Each head has weights of its own
def forward_flops(n_tokens, vocab_size, emb_dim, n_layers):
    """Operations of a forward pass over one text.

    >>> forward_flops(1, 10, 8, 1)
    1728
    """
    t, d = n_tokens, emb_dim
    matrices = 24 * t * d * d  # qkv 6, projection 2, feed-forward 16
    attention = 4 * t * t * d
    return n_layers * (matrices + attention) + 2 * t * d * vocab_size


def training_flops(n_windows, n_tokens, vocab_size, emb_dim, n_layers):
    """Operations of a training on so many windows."""
    one = forward_flops(n_tokens, vocab_size, emb_dim, n_layers)
    return 3 * n_windows * one


def score_bytes(n_rows, n_heads, n_tokens, n_layers, bytes_per_number):
    """Bytes of the attention weights that wait for the backward pass."""
    numbers = n_rows * n_tokens * n_tokens * n_layers
    return numbers * bytes_per_number


# %% wrong: one_layer
# why: no L
# says: In training each layer
def forward_flops(n_tokens, vocab_size, emb_dim, n_layers):
    """Operations of a forward pass over one text.

    >>> forward_flops(1, 10, 8, 1)
    1728
    """
    t, d = n_tokens, emb_dim
    matrices = 24 * t * d * d  # qkv 6, projection 2, feed-forward 16
    attention = 4 * t * t * d
    return n_layers * (matrices + attention) + 2 * t * d * vocab_size


def training_flops(n_windows, n_tokens, vocab_size, emb_dim, n_layers):
    """Operations of a training on so many windows."""
    one = forward_flops(n_tokens, vocab_size, emb_dim, n_layers)
    return 3 * n_windows * one


def score_bytes(n_rows, n_heads, n_tokens, n_layers, bytes_per_number):
    """Bytes of the attention weights that wait for the backward pass."""
    numbers = n_rows * n_heads * n_tokens * n_tokens
    return numbers * bytes_per_number
