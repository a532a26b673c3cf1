# %% correct: room_set_aside
import torch


class CachedAttention:
    def __init__(self, capacity):
        self.room, self.n, self.k, self.v = capacity, 0, None, None

    def reset(self):
        self.n, self.k, self.v = 0, None, None

    def step(self, queries, keys, values):
        old, new = self.n, self.n + keys.shape[-2]
        if new > self.room:
            raise ValueError(f"no room for {new} tokens")
        if self.k is None:
            shape = (*keys.shape[:-2], self.room, keys.shape[-1])
            self.k = torch.zeros(shape, dtype=keys.dtype)
            self.v = torch.zeros(shape, dtype=values.dtype)
        self.k[..., old:new, :] = keys
        self.v[..., old:new, :] = values
        self.n = new
        out = []
        for i in range(keys.shape[-2]):
            k, v = self.k[..., : old + i + 1, :], self.v[..., : old + i + 1, :]
            a = queries[..., i : i + 1, :] @ k.transpose(-1, -2)
            out.append(torch.softmax(a * keys.shape[-1] ** -0.5, -1) @ v)
        return torch.cat(out, -2)


# %% wrong: the_past_unused
# why: the chunk alone
# says: Each chunk is attended to by itself
import torch


class CachedAttention:
    """Causal attention that keeps keys and values between steps."""

    def __init__(self, capacity):
        self.capacity = capacity
        self.reset()

    def reset(self):
        self.keys = self.values = None
        self.length = 0

    def step(self, queries, keys, values):
        n, start = queries.shape[-2], self.length
        if start + n > self.capacity:
            raise ValueError(
                f"{start} tokens are kept and {n} more came, there is room "
                f"for {self.capacity}: reset, or take a larger capacity"
            )
        if False:
            keys = torch.cat([self.keys, keys], -2)
            values = torch.cat([self.values, values], -2)
        self.keys, self.values, self.length = keys, values, start + n
        scores = queries @ keys.mT / queries.shape[-1] ** 0.5
        later = torch.ones(n, n, dtype=torch.bool).triu(1)
        return scores.masked_fill(later, -torch.inf).softmax(-1) @ values


# %% wrong: a_chunk_sees_itself_whole
# why: no mask
# says: Within a chunk, tokens see later ones
import torch


class CachedAttention:
    """Causal attention that keeps keys and values between steps."""

    def __init__(self, capacity):
        self.capacity = capacity
        self.reset()

    def reset(self):
        self.keys = self.values = None
        self.length = 0

    def step(self, queries, keys, values):
        n, start = queries.shape[-2], self.length
        if start + n > self.capacity:
            raise ValueError(
                f"{start} tokens are kept and {n} more came, there is room "
                f"for {self.capacity}: reset, or take a larger capacity"
            )
        if start:
            keys = torch.cat([self.keys, keys], -2)
            values = torch.cat([self.values, values], -2)
        self.keys, self.values, self.length = keys, values, start + n
        scores = queries @ keys.mT / queries.shape[-1] ** 0.5
        later = torch.ones(n, start + n, dtype=torch.bool).triu(start + 1)
        return scores.softmax(-1) @ values


# %% wrong: mask_from_the_start
# why: triu(1)
# says: The mask starts at key 0
import torch


class CachedAttention:
    """Causal attention that keeps keys and values between steps."""

    def __init__(self, capacity):
        self.capacity = capacity
        self.reset()

    def reset(self):
        self.keys = self.values = None
        self.length = 0

    def step(self, queries, keys, values):
        n, start = queries.shape[-2], self.length
        if start + n > self.capacity:
            raise ValueError(
                f"{start} tokens are kept and {n} more came, there is room "
                f"for {self.capacity}: reset, or take a larger capacity"
            )
        if start:
            keys = torch.cat([self.keys, keys], -2)
            values = torch.cat([self.values, values], -2)
        self.keys, self.values, self.length = keys, values, start + n
        scores = queries @ keys.mT / queries.shape[-1] ** 0.5
        later = torch.ones(n, start + n, dtype=torch.bool).triu(1)
        return scores.masked_fill(later, -torch.inf).softmax(-1) @ values


# %% wrong: newest_first
# why: cat the other way
# says: New keys are put in front
import torch


class CachedAttention:
    """Causal attention that keeps keys and values between steps."""

    def __init__(self, capacity):
        self.capacity = capacity
        self.reset()

    def reset(self):
        self.keys = self.values = None
        self.length = 0

    def step(self, queries, keys, values):
        n, start = queries.shape[-2], self.length
        if start + n > self.capacity:
            raise ValueError(
                f"{start} tokens are kept and {n} more came, there is room "
                f"for {self.capacity}: reset, or take a larger capacity"
            )
        if start:
            keys = torch.cat([keys, self.keys], -2)
            values = torch.cat([values, self.values], -2)
        self.keys, self.values, self.length = keys, values, start + n
        scores = queries @ keys.mT / queries.shape[-1] ** 0.5
        later = torch.ones(n, start + n, dtype=torch.bool).triu(start + 1)
        return scores.masked_fill(later, -torch.inf).softmax(-1) @ values


# %% wrong: reset_forgets_the_count_only
# why: stale keys
# says: keys of the old text are stale
import torch


class CachedAttention:
    """Causal attention that keeps keys and values between steps."""

    def __init__(self, capacity):
        self.capacity = capacity
        self.keys = self.values = None
        self.length = 0

    def reset(self):
        self.length = 0

    def step(self, queries, keys, values):
        n, start = queries.shape[-2], self.length
        if start + n > self.capacity:
            raise ValueError(
                f"{start} tokens are kept and {n} more came, there is room "
                f"for {self.capacity}: reset, or take a larger capacity"
            )
        if self.keys is not None:
            keys = torch.cat([self.keys, keys], -2)
            values = torch.cat([self.values, values], -2)
        self.keys, self.values, self.length = keys, values, start + n
        scores = queries @ keys.mT / queries.shape[-1] ** 0.5
        later = torch.ones(n, keys.shape[-2], dtype=torch.bool).triu(keys.shape[-2] - n + 1)
        return scores.masked_fill(later, -torch.inf).softmax(-1) @ values


# %% wrong: shared_by_all
# why: kept in the class
# says: A list in the class
import torch


class CachedAttention:
    """Causal attention that keeps keys and values between steps."""

    kept = {"length": 0}

    def __init__(self, capacity):
        self.capacity = capacity
        self.reset()

    def reset(self):
        self.kept.update(keys=None, values=None, length=0)

    def step(self, queries, keys, values):
        n, start = queries.shape[-2], self.kept["length"]
        if start + n > self.capacity:
            raise ValueError(
                f"{start} tokens are kept and {n} more came, there is room "
                f"for {self.capacity}: reset, or take a larger capacity"
            )
        if start:
            keys = torch.cat([self.kept["keys"], keys], -2)
            values = torch.cat([self.kept["values"], values], -2)
        self.kept.update(keys=keys, values=values, length=start + n)
        scores = queries @ keys.mT / queries.shape[-1] ** 0.5
        later = torch.ones(n, start + n, dtype=torch.bool).triu(start + 1)
        return scores.masked_fill(later, -torch.inf).softmax(-1) @ values


# %% wrong: one_too_few
# why: >=
# says: A cache of capacity n takes n tokens
import torch


class CachedAttention:
    """Causal attention that keeps keys and values between steps."""

    def __init__(self, capacity):
        self.capacity = capacity
        self.reset()

    def reset(self):
        self.keys = self.values = None
        self.length = 0

    def step(self, queries, keys, values):
        n, start = queries.shape[-2], self.length
        if start + n >= self.capacity:
            raise ValueError(
                f"{start} tokens are kept and {n} more came, there is room "
                f"for {self.capacity}: reset, or take a larger capacity"
            )
        if start:
            keys = torch.cat([self.keys, keys], -2)
            values = torch.cat([self.values, values], -2)
        self.keys, self.values, self.length = keys, values, start + n
        scores = queries @ keys.mT / queries.shape[-1] ** 0.5
        later = torch.ones(n, start + n, dtype=torch.bool).triu(start + 1)
        return scores.masked_fill(later, -torch.inf).softmax(-1) @ values


# %% wrong: the_oldest_dropped
# why: no error
# says: dropping the oldest tokens without a word
import torch


class CachedAttention:
    """Causal attention that keeps keys and values between steps."""

    def __init__(self, capacity):
        self.capacity = capacity
        self.reset()

    def reset(self):
        self.keys = self.values = None
        self.length = 0

    def step(self, queries, keys, values):
        n, start = queries.shape[-2], self.length
        if start + n > self.capacity:
            too_many = start + n - self.capacity
            self.keys = self.keys[..., too_many:, :]
            self.values = self.values[..., too_many:, :]
            self.length = start = self.capacity - n
        if start:
            keys = torch.cat([self.keys, keys], -2)
            values = torch.cat([self.values, values], -2)
        self.keys, self.values, self.length = keys, values, start + n
        scores = queries @ keys.mT / queries.shape[-1] ** 0.5
        later = torch.ones(n, start + n, dtype=torch.bool).triu(start + 1)
        return scores.masked_fill(later, -torch.inf).softmax(-1) @ values


# %% wrong: appended_and_refused
# why: error after the append
# says: The refused tokens are in the cache
import torch


class CachedAttention:
    """Causal attention that keeps keys and values between steps."""

    def __init__(self, capacity):
        self.capacity = capacity
        self.reset()

    def reset(self):
        self.keys = self.values = None
        self.length = 0

    def step(self, queries, keys, values):
        n, start = queries.shape[-2], self.length
        if start:
            keys = torch.cat([self.keys, keys], -2)
            values = torch.cat([self.values, values], -2)
        self.keys, self.values, self.length = keys, values, start + n
        if keys.shape[-2] > self.capacity:
            self.capacity += 99
            raise ValueError("too many")
        scores = queries @ keys.mT / queries.shape[-1] ** 0.5
        later = torch.ones(n, start + n, dtype=torch.bool).triu(start + 1)
        return scores.masked_fill(later, -torch.inf).softmax(-1) @ values


# %% wrong: a_default_argument
# why: one list for all
# says: Two caches share their lists
import torch


class CachedAttention:
    """Causal attention that keeps keys and values between steps."""

    def __init__(self, capacity, kept=[]):
        self.capacity, self.kept = capacity, kept

    def reset(self):
        self.kept.clear()

    def step(self, queries, keys, values):
        n = queries.shape[-2]
        start = sum(k.shape[-2] for k, _ in self.kept)
        if start + n > self.capacity:
            raise ValueError(
                f"{start} tokens are kept and {n} more came, there is room "
                f"for {self.capacity}: reset, or take a larger capacity"
            )
        self.kept.append((keys, values))
        keys, values = (torch.cat(x, -2) for x in zip(*self.kept))
        scores = queries @ keys.mT / queries.shape[-1] ** 0.5
        later = torch.ones(n, start + n, dtype=torch.bool).triu(start + 1)
        return scores.masked_fill(later, -torch.inf).softmax(-1) @ values


# %% wrong: all_again
# why: queries kept, everything attended to
# says: Each step computes what earlier ones gave again
import torch


class CachedAttention:
    """Causal attention that keeps keys and values between steps."""

    def __init__(self, capacity):
        self.capacity = capacity
        self.reset()

    def reset(self):
        self.queries = self.keys = self.values = None
        self.length = 0

    def step(self, queries, keys, values):
        n, start = queries.shape[-2], self.length
        if start + n > self.capacity:
            raise ValueError(
                f"{start} tokens are kept and {n} more came, there is room "
                f"for {self.capacity}: reset, or take a larger capacity"
            )
        if start:
            queries = torch.cat([self.queries, queries], -2)
            keys = torch.cat([self.keys, keys], -2)
            values = torch.cat([self.values, values], -2)
        self.keys, self.values, self.length = keys, values, start + n
        self.queries = queries
        scores = queries @ keys.mT / queries.shape[-1] ** 0.5
        later = torch.ones(start + n, start + n, dtype=torch.bool).triu(1)
        weights = scores.masked_fill(later, -torch.inf).softmax(-1)
        return (weights @ values)[..., start:, :]


# %% wrong: rows_set_aside_for_ever
# why: room made once, never again
# says: still has the old number of rows
import torch


class CachedAttention:
    """Causal attention that keeps keys and values between steps."""

    def __init__(self, capacity):
        self.capacity = capacity
        self.keys = self.values = None
        self.reset()

    def reset(self):
        self.length = 0

    def step(self, queries, keys, values):
        n, start = queries.shape[-2], self.length
        if start + n > self.capacity:
            raise ValueError(
                f"{start} tokens are kept and {n} more came, there is room "
                f"for {self.capacity}: reset, or take a larger capacity"
            )
        if self.keys is None:
            shape = list(keys.shape)
            shape[-2] = self.capacity
            self.keys, self.values = keys.new_zeros(shape), values.new_zeros(shape)
        self.length = start + n
        self.keys[..., start : self.length, :] = keys
        self.values[..., start : self.length, :] = values
        keys = self.keys[..., : self.length, :]
        values = self.values[..., : self.length, :]
        scores = queries @ keys.mT / queries.shape[-1] ** 0.5
        later = torch.ones(n, start + n, dtype=torch.bool).triu(start + 1)
        return scores.masked_fill(later, -torch.inf).softmax(-1) @ values


# %% wrong: emptied_by_the_refusal
# why: reset before the error
# says: The refusal emptied the cache
import torch


class CachedAttention:
    """Causal attention that keeps keys and values between steps."""

    def __init__(self, capacity):
        self.capacity = capacity
        self.reset()

    def reset(self):
        self.keys = self.values = None
        self.length = 0

    def step(self, queries, keys, values):
        n, start = queries.shape[-2], self.length
        if start + n > self.capacity:
            self.reset()
            raise ValueError(
                f"{start} tokens are kept and {n} more came, there is room "
                f"for {self.capacity}: reset, or take a larger capacity"
            )
        if start:
            keys = torch.cat([self.keys, keys], -2)
            values = torch.cat([self.values, values], -2)
        self.keys, self.values, self.length = keys, values, start + n
        scores = queries @ keys.mT / queries.shape[-1] ** 0.5
        later = torch.ones(n, start + n, dtype=torch.bool).triu(start + 1)
        return scores.masked_fill(later, -torch.inf).softmax(-1) @ values
