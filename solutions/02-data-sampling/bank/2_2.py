# %% correct: windows_unfolded_and_a_torch_generator
import torch
from torch.utils.data import Dataset


class WindowDataset(Dataset):
    def __init__(self, token_ids, context_length, stride):
        ids = torch.as_tensor(list(token_ids), dtype=torch.long)
        if len(ids) > context_length:
            self.rows = ids.unfold(0, context_length + 1, stride)
        else:
            self.rows = ids.new_zeros(0, context_length + 1)

    def __len__(self):
        return self.rows.shape[0]

    def __getitem__(self, i):
        if i < 0 or i >= len(self):
            raise IndexError(i)
        row = self.rows[i]
        return row[:-1].clone(), row[1:].clone()


def epoch_batches(n_items, batch_size, seed, epoch, drop_last):
    generator = torch.Generator().manual_seed(seed * 1_000_003 + epoch * 7 + 1)
    order = torch.randperm(n_items, generator=generator).tolist()
    n = n_items // batch_size if drop_last else -(-n_items // batch_size)
    return [order[k * batch_size : (k + 1) * batch_size] for k in range(n)]


# %% wrong: seeds_the_global_state
# why: random.seed inside
# says: changed: random
import random

import torch


class WindowDataset:
    """Windows of a row of ids, by their number."""

    def __init__(self, token_ids, context_length, stride):
        self.ids = torch.tensor(token_ids, dtype=torch.int64)
        self.length, self.stride = context_length, stride

    def __len__(self):
        return max(0, -(-(len(self.ids) - self.length) // self.stride))

    def __getitem__(self, i):
        if not 0 <= i < len(self):
            raise IndexError(f"window {i} of {len(self)}")
        start = i * self.stride
        window = self.ids[start : start + self.length + 1]
        return window[:-1], window[1:]


def epoch_batches(n_items, batch_size, seed, epoch, drop_last):
    """The numbers 0 to n_items - 1 in this epoch's order, in batches.

    >>> sorted(sum(epoch_batches(5, 2, 1, 0, False), []))
    [0, 1, 2, 3, 4]
    """
    order = list(range(n_items))
    random.seed(f"{seed}/{epoch}")
    random.shuffle(order)
    batches = [
        order[i : i + batch_size] for i in range(0, n_items, batch_size)
    ]
    if drop_last and batches and len(batches[-1]) < batch_size:
        batches.pop()
    return batches


# %% wrong: torch_manual_seed
# why: torch.manual_seed inside
# says: changed: torch
import random

import torch


class WindowDataset:
    """Windows of a row of ids, by their number."""

    def __init__(self, token_ids, context_length, stride):
        self.ids = torch.tensor(token_ids, dtype=torch.int64)
        self.length, self.stride = context_length, stride

    def __len__(self):
        return max(0, -(-(len(self.ids) - self.length) // self.stride))

    def __getitem__(self, i):
        if not 0 <= i < len(self):
            raise IndexError(f"window {i} of {len(self)}")
        start = i * self.stride
        window = self.ids[start : start + self.length + 1]
        return window[:-1], window[1:]


def epoch_batches(n_items, batch_size, seed, epoch, drop_last):
    """The numbers 0 to n_items - 1 in this epoch's order, in batches.

    >>> sorted(sum(epoch_batches(5, 2, 1, 0, False), []))
    [0, 1, 2, 3, 4]
    """
    order = list(range(n_items))
    torch.manual_seed(seed * 1000003 + epoch)
    order = torch.randperm(n_items).tolist()
    batches = [
        order[i : i + batch_size] for i in range(0, n_items, batch_size)
    ]
    if drop_last and batches and len(batches[-1]) < batch_size:
        batches.pop()
    return batches


# %% wrong: same_order_each_epoch
# why: the epoch is ignored
# says: The order repeats each epoch
import random

import torch


class WindowDataset:
    """Windows of a row of ids, by their number."""

    def __init__(self, token_ids, context_length, stride):
        self.ids = torch.tensor(token_ids, dtype=torch.int64)
        self.length, self.stride = context_length, stride

    def __len__(self):
        return max(0, -(-(len(self.ids) - self.length) // self.stride))

    def __getitem__(self, i):
        if not 0 <= i < len(self):
            raise IndexError(f"window {i} of {len(self)}")
        start = i * self.stride
        window = self.ids[start : start + self.length + 1]
        return window[:-1], window[1:]


def epoch_batches(n_items, batch_size, seed, epoch, drop_last):
    """The numbers 0 to n_items - 1 in this epoch's order, in batches.

    >>> sorted(sum(epoch_batches(5, 2, 1, 0, False), []))
    [0, 1, 2, 3, 4]
    """
    order = list(range(n_items))
    random.Random(f"{seed}").shuffle(order)
    batches = [
        order[i : i + batch_size] for i in range(0, n_items, batch_size)
    ]
    if drop_last and batches and len(batches[-1]) < batch_size:
        batches.pop()
    return batches


# %% wrong: epoch_plus_seed
# why: the two are added
# says: different pairs meet
import random

import torch


class WindowDataset:
    """Windows of a row of ids, by their number."""

    def __init__(self, token_ids, context_length, stride):
        self.ids = torch.tensor(token_ids, dtype=torch.int64)
        self.length, self.stride = context_length, stride

    def __len__(self):
        return max(0, -(-(len(self.ids) - self.length) // self.stride))

    def __getitem__(self, i):
        if not 0 <= i < len(self):
            raise IndexError(f"window {i} of {len(self)}")
        start = i * self.stride
        window = self.ids[start : start + self.length + 1]
        return window[:-1], window[1:]


def epoch_batches(n_items, batch_size, seed, epoch, drop_last):
    """The numbers 0 to n_items - 1 in this epoch's order, in batches.

    >>> sorted(sum(epoch_batches(5, 2, 1, 0, False), []))
    [0, 1, 2, 3, 4]
    """
    order = list(range(n_items))
    random.Random(seed + epoch).shuffle(order)
    batches = [
        order[i : i + batch_size] for i in range(0, n_items, batch_size)
    ]
    if drop_last and batches and len(batches[-1]) < batch_size:
        batches.pop()
    return batches


# %% wrong: not_shuffled
# why: the batches come in order
# says: they come in order
import random

import torch


class WindowDataset:
    """Windows of a row of ids, by their number."""

    def __init__(self, token_ids, context_length, stride):
        self.ids = torch.tensor(token_ids, dtype=torch.int64)
        self.length, self.stride = context_length, stride

    def __len__(self):
        return max(0, -(-(len(self.ids) - self.length) // self.stride))

    def __getitem__(self, i):
        if not 0 <= i < len(self):
            raise IndexError(f"window {i} of {len(self)}")
        start = i * self.stride
        window = self.ids[start : start + self.length + 1]
        return window[:-1], window[1:]


def epoch_batches(n_items, batch_size, seed, epoch, drop_last):
    """The numbers 0 to n_items - 1 in this epoch's order, in batches.

    >>> sorted(sum(epoch_batches(5, 2, 1, 0, False), []))
    [0, 1, 2, 3, 4]
    """
    order = list(range(n_items))
    batches = [
        order[i : i + batch_size] for i in range(0, n_items, batch_size)
    ]
    if drop_last and batches and len(batches[-1]) < batch_size:
        batches.pop()
    return batches


# %% wrong: short_batch_always_dropped
# why: drop_last is not read
# says: The short batch is missing
import random

import torch


class WindowDataset:
    """Windows of a row of ids, by their number."""

    def __init__(self, token_ids, context_length, stride):
        self.ids = torch.tensor(token_ids, dtype=torch.int64)
        self.length, self.stride = context_length, stride

    def __len__(self):
        return max(0, -(-(len(self.ids) - self.length) // self.stride))

    def __getitem__(self, i):
        if not 0 <= i < len(self):
            raise IndexError(f"window {i} of {len(self)}")
        start = i * self.stride
        window = self.ids[start : start + self.length + 1]
        return window[:-1], window[1:]


def epoch_batches(n_items, batch_size, seed, epoch, drop_last):
    """The numbers 0 to n_items - 1 in this epoch's order, in batches.

    >>> sorted(sum(epoch_batches(5, 2, 1, 0, False), []))
    [0, 1, 2, 3, 4]
    """
    order = list(range(n_items))
    random.Random(f"{seed}/{epoch}").shuffle(order)
    batches = [
        order[i : i + batch_size] for i in range(0, n_items, batch_size)
    ]
    if batches and len(batches[-1]) < batch_size:
        batches.pop()
    return batches


# %% wrong: short_batch_always_kept
# why: drop_last is not read
# says: The short batch is there although
import random

import torch


class WindowDataset:
    """Windows of a row of ids, by their number."""

    def __init__(self, token_ids, context_length, stride):
        self.ids = torch.tensor(token_ids, dtype=torch.int64)
        self.length, self.stride = context_length, stride

    def __len__(self):
        return max(0, -(-(len(self.ids) - self.length) // self.stride))

    def __getitem__(self, i):
        if not 0 <= i < len(self):
            raise IndexError(f"window {i} of {len(self)}")
        start = i * self.stride
        window = self.ids[start : start + self.length + 1]
        return window[:-1], window[1:]


def epoch_batches(n_items, batch_size, seed, epoch, drop_last):
    """The numbers 0 to n_items - 1 in this epoch's order, in batches.

    >>> sorted(sum(epoch_batches(5, 2, 1, 0, False), []))
    [0, 1, 2, 3, 4]
    """
    order = list(range(n_items))
    random.Random(f"{seed}/{epoch}").shuffle(order)
    batches = [
        order[i : i + batch_size] for i in range(0, n_items, batch_size)
    ]
    if False and batches and len(batches[-1]) < batch_size:
        batches.pop()
    return batches


# %% wrong: draws_with_replacement
# why: draws each index anew
# says: some come twice
import random

import torch


class WindowDataset:
    """Windows of a row of ids, by their number."""

    def __init__(self, token_ids, context_length, stride):
        self.ids = torch.tensor(token_ids, dtype=torch.int64)
        self.length, self.stride = context_length, stride

    def __len__(self):
        return max(0, -(-(len(self.ids) - self.length) // self.stride))

    def __getitem__(self, i):
        if not 0 <= i < len(self):
            raise IndexError(f"window {i} of {len(self)}")
        start = i * self.stride
        window = self.ids[start : start + self.length + 1]
        return window[:-1], window[1:]


def epoch_batches(n_items, batch_size, seed, epoch, drop_last):
    """The numbers 0 to n_items - 1 in this epoch's order, in batches.

    >>> sorted(sum(epoch_batches(5, 2, 1, 0, False), []))
    [0, 1, 2, 3, 4]
    """
    order = list(range(n_items))
    rng = random.Random(f"{seed}/{epoch}")
    order = [rng.randrange(n_items) for _ in range(n_items)]
    batches = [
        order[i : i + batch_size] for i in range(0, n_items, batch_size)
    ]
    if drop_last and batches and len(batches[-1]) < batch_size:
        batches.pop()
    return batches


# %% wrong: float_items
# why: tensors of float
# says: expected a tensor of int64
import random

import torch


class WindowDataset:
    """Windows of a row of ids, by their number."""

    def __init__(self, token_ids, context_length, stride):
        self.ids = torch.tensor(token_ids, dtype=torch.float32)
        self.length, self.stride = context_length, stride

    def __len__(self):
        return max(0, -(-(len(self.ids) - self.length) // self.stride))

    def __getitem__(self, i):
        if not 0 <= i < len(self):
            raise IndexError(f"window {i} of {len(self)}")
        start = i * self.stride
        window = self.ids[start : start + self.length + 1]
        return window[:-1], window[1:]


def epoch_batches(n_items, batch_size, seed, epoch, drop_last):
    """The numbers 0 to n_items - 1 in this epoch's order, in batches.

    >>> sorted(sum(epoch_batches(5, 2, 1, 0, False), []))
    [0, 1, 2, 3, 4]
    """
    order = list(range(n_items))
    random.Random(f"{seed}/{epoch}").shuffle(order)
    batches = [
        order[i : i + batch_size] for i in range(0, n_items, batch_size)
    ]
    if drop_last and batches and len(batches[-1]) < batch_size:
        batches.pop()
    return batches


# %% wrong: no_index_error
# why: slices past the end
# says: slice past the end gives short tensors
import random

import torch


class WindowDataset:
    """Windows of a row of ids, by their number."""

    def __init__(self, token_ids, context_length, stride):
        self.ids = torch.tensor(token_ids, dtype=torch.int64)
        self.length, self.stride = context_length, stride

    def __len__(self):
        return max(0, -(-(len(self.ids) - self.length) // self.stride))

    def __getitem__(self, i):
        start = i * self.stride
        window = self.ids[start : start + self.length + 1]
        return window[:-1], window[1:]


def epoch_batches(n_items, batch_size, seed, epoch, drop_last):
    """The numbers 0 to n_items - 1 in this epoch's order, in batches.

    >>> sorted(sum(epoch_batches(5, 2, 1, 0, False), []))
    [0, 1, 2, 3, 4]
    """
    order = list(range(n_items))
    random.Random(f"{seed}/{epoch}").shuffle(order)
    batches = [
        order[i : i + batch_size] for i in range(0, n_items, batch_size)
    ]
    if drop_last and batches and len(batches[-1]) < batch_size:
        batches.pop()
    return batches


# %% wrong: counts_from_the_end
# why: negative numbers are let through
# says: A negative number counts from the end
import random

import torch


class WindowDataset:
    """Windows of a row of ids, by their number."""

    def __init__(self, token_ids, context_length, stride):
        self.ids = torch.tensor(token_ids, dtype=torch.int64)
        self.length, self.stride = context_length, stride

    def __len__(self):
        return max(0, -(-(len(self.ids) - self.length) // self.stride))

    def __getitem__(self, i):
        if i >= len(self) or i < -len(self):
            raise IndexError(f"window {i} of {len(self)}")
        start = (i % len(self)) * self.stride
        window = self.ids[start : start + self.length + 1]
        return window[:-1], window[1:]


def epoch_batches(n_items, batch_size, seed, epoch, drop_last):
    """The numbers 0 to n_items - 1 in this epoch's order, in batches.

    >>> sorted(sum(epoch_batches(5, 2, 1, 0, False), []))
    [0, 1, 2, 3, 4]
    """
    order = list(range(n_items))
    random.Random(f"{seed}/{epoch}").shuffle(order)
    batches = [
        order[i : i + batch_size] for i in range(0, n_items, batch_size)
    ]
    if drop_last and batches and len(batches[-1]) < batch_size:
        batches.pop()
    return batches


# %% wrong: stride_forgotten
# why: item i starts at token i
# says: multiply by the stride
import random

import torch


class WindowDataset:
    """Windows of a row of ids, by their number."""

    def __init__(self, token_ids, context_length, stride):
        self.ids = torch.tensor(token_ids, dtype=torch.int64)
        self.length, self.stride = context_length, stride

    def __len__(self):
        return max(0, -(-(len(self.ids) - self.length) // self.stride))

    def __getitem__(self, i):
        if not 0 <= i < len(self):
            raise IndexError(f"window {i} of {len(self)}")
        start = i
        window = self.ids[start : start + self.length + 1]
        return window[:-1], window[1:]


def epoch_batches(n_items, batch_size, seed, epoch, drop_last):
    """The numbers 0 to n_items - 1 in this epoch's order, in batches.

    >>> sorted(sum(epoch_batches(5, 2, 1, 0, False), []))
    [0, 1, 2, 3, 4]
    """
    order = list(range(n_items))
    random.Random(f"{seed}/{epoch}").shuffle(order)
    batches = [
        order[i : i + batch_size] for i in range(0, n_items, batch_size)
    ]
    if drop_last and batches and len(batches[-1]) < batch_size:
        batches.pop()
    return batches


# %% wrong: one_window_too_many
# why: counts one without a last target
# says: One window too many
import random

import torch


class WindowDataset:
    """Windows of a row of ids, by their number."""

    def __init__(self, token_ids, context_length, stride):
        self.ids = torch.tensor(token_ids, dtype=torch.int64)
        self.length, self.stride = context_length, stride

    def __len__(self):
        return max(0, -(-(len(self.ids) - self.length + 1) // self.stride))

    def __getitem__(self, i):
        if not 0 <= i < len(self):
            raise IndexError(f"window {i} of {len(self)}")
        start = i * self.stride
        window = self.ids[start : start + self.length + 1]
        return window[:-1], window[1:]


def epoch_batches(n_items, batch_size, seed, epoch, drop_last):
    """The numbers 0 to n_items - 1 in this epoch's order, in batches.

    >>> sorted(sum(epoch_batches(5, 2, 1, 0, False), []))
    [0, 1, 2, 3, 4]
    """
    order = list(range(n_items))
    random.Random(f"{seed}/{epoch}").shuffle(order)
    batches = [
        order[i : i + batch_size] for i in range(0, n_items, batch_size)
    ]
    if drop_last and batches and len(batches[-1]) < batch_size:
        batches.pop()
    return batches
