"""The KV cache: keys and values of earlier tokens, computed only once.

A model makes a `Cache` with `new_cache` and fills it; generation moves in it
by `truncate` and `select`. Use it under torch.no_grad(): its memory is
written in place, which no gradient survives.

Left out on purpose: memory in pages, and caches that forget old tokens.
"""


class KVCache:
    """The keys and values of one layer, so that none is computed twice.

    The memory for `n_tokens` is taken at once and filled from the left.
    keys, values: (B, H_kv, n_tokens, Dh), of which `length` are filled
    """

    def __init__(self, batch_size, n_kv_heads, n_tokens, head_dim, like):
        """`like`: a tensor with the wanted dtype and device."""
        shape = (batch_size, n_kv_heads, n_tokens, head_dim)
        self.keys, self.values = like.new_zeros(shape), like.new_zeros(shape)
        self.length = 0

    def append(self, keys, values):
        """Store the next tokens' (B, H_kv, T, Dh); return all so far.

        Raises ValueError when they do not fit.
        """
        if len(keys) != len(self.keys):
            raise ValueError(
                f"the cache is for {len(self.keys)} rows, but {len(keys)} "
                "came; make one with new_cache(batch_size), or keep its rows "
                "by select(rows)"
            )
        start, end = self.length, self.length + keys.shape[2]
        if end > self.keys.shape[2]:
            raise ValueError(
                f"the cache holds {start} tokens and has room for "
                f"{self.keys.shape[2]}; {keys.shape[2]} more do not fit. "
                "Make a longer one with new_cache(batch_size, n_tokens)"
            )
        self.keys[:, :, start:end] = keys
        self.values[:, :, start:end] = values
        self.length = end
        return self.keys[:, :, :end], self.values[:, :, :end]


class Cache:
    """One `KVCache` a layer. A model fills it; callers move in it.

    layers: list of KVCache, all filled equally
    """

    def __init__(self, layers):
        self.layers = layers

    @property
    def length(self):
        """Tokens that are stored."""
        return self.layers[0].length

    @property
    def n_bytes(self):
        """Memory of keys and values, filled or not, in bytes."""
        return sum(
            2 * layer.keys.numel() * layer.keys.element_size()
            for layer in self.layers
        )

    def truncate(self, n_tokens):
        """Forget all but the first `n_tokens`.

        Raises ValueError when fewer are stored.
        """
        if not 0 <= n_tokens <= self.length:
            raise ValueError(
                f"cannot keep {n_tokens} tokens of a cache of {self.length}"
            )
        for layer in self.layers:
            layer.length = n_tokens

    def reset(self):
        """Forget everything; the memory stays."""
        self.truncate(0)

    def select(self, rows):
        """Keep these batch rows in this order; a row may be repeated.

        rows: (n_rows,) int64
        """
        for layer in self.layers:
            layer.keys = layer.keys[rows]  # (n_rows, H_kv, n_tokens, Dh)
            layer.values = layer.values[rows]
