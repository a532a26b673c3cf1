"""The training loader: shuffled batches of windows, without end.

`WindowLoader` takes any sequence of ids, also a file of `token_files` that is
larger than memory, and can resume exactly. The windows themselves, and
batches of them in order for evaluation, are in `windows`.

Left out on purpose: document boundaries (`documents`), several sources
(`mixing`), and worker processes that prefetch: gathering a batch takes far
less time than a training step.
"""

from operator import index

import numpy as np
import torch

from scratchlm.windows import (
    IGNORE_INDEX,
    as_id_array,
    check_positive,
    count_windows,
    evaluation_batches,
    sliding_windows,
)

__all__ = [
    "IGNORE_INDEX",
    "WindowLoader",
    "count_windows",
    "document_starts",
    "evaluation_batches",
    "sliding_windows",
]

CHUNK_TOKENS = 2**22  # ids looked at together


def document_starts(token_ids, end_id):
    """Where documents begin in ids in which `end_id` ends each of them.

    Each place but the first is that of the `end_id` before the document, so
    that a model learns to begin after it: (n_documents,) int64. The ids are
    read in parts, so they may be a file larger than memory.

    >>> document_starts([5, 6, 0, 7, 0], end_id=0).tolist()
    [0, 2]
    """
    ids = as_id_array(token_ids)[:-1]  # after the last one nothing begins
    starts = [np.zeros(1, dtype=np.int64)]
    for first in range(0, len(ids), CHUNK_TOKENS):
        part = ids[first : first + CHUNK_TOKENS]
        starts.append(first + np.flatnonzero(part == end_id))
    return np.concatenate(starts)  # (n_documents,)


def check_identity(state, own):
    """Raise ValueError unless `state` was saved by a loader like this one.

    own: what must agree, by name; with another seed, text or shape of
        batches the loader would go on with other batches
    """
    for name, value in own.items():
        if state.get(name) != value:
            raise ValueError(
                f"the state was saved with {name}={state.get(name)}, but "
                f"this loader has {name}={value}; build the loader as it "
                "was or start again without the state"
            )


class WindowLoader:
    """An endless iterator over shuffled windows: (inputs, targets), (B, T).

    token_ids: a list, a tensor, or an array such as a memory-mapped token
        file; int64 batches are copied out of it, the rest is never read
    batch_size: windows in a batch, over all processes together
    stride: tokens from a window to the next, context_length by default
    rank, world_size: this process gets the rows rank, rank + world_size, ...
        of each batch; all processes together get the rows of a single one

    Every epoch visits the windows in a new order, and they lie elsewhere in
    the text: all are shifted by the same random number of tokens, less than
    stride, so that no token is always the first of its window and predicted
    without context. No window comes twice in an epoch; those that would not
    fill a batch, batch_size at most, are left out until another epoch.
    `shuffle=False` keeps order and place, and leaves out the last windows.

    starts: the places where windows begin, instead of every stride-th one,
        for instance those of `document_starts`; they are never shifted, and
        those too near the end of the text are left out

    Order and shift depend on (seed, epoch) alone, never on a global random
    state, and are the same for all ranks. `state_dict` therefore is a few
    integers, and a loader that loads it goes on with the very next batch, on
    any number of processes. An order takes 8 bytes per window.

    Raises ValueError when the windows do not fill one batch, when batch_size
    is no multiple of world_size, or for a rank outside of it.

    >>> loader = WindowLoader(range(100), 2, 4, shuffle=False)
    >>> inputs, targets = next(loader)
    >>> inputs.tolist(), targets.tolist()
    ([[0, 1, 2, 3], [4, 5, 6, 7]], [[1, 2, 3, 4], [5, 6, 7, 8]])
    """

    def __init__(
        self,
        token_ids,
        batch_size,
        context_length,
        stride=None,
        seed=0,
        shuffle=True,
        rank=0,
        world_size=1,
        starts=None,
    ):
        stride = context_length if stride is None else stride
        check_positive(batch_size=batch_size, world_size=world_size)
        if batch_size % world_size or not 0 <= rank < world_size:
            raise ValueError(
                f"batch_size={batch_size} cannot be shared by world_size="
                f"{world_size} processes for rank={rank}; take a multiple "
                "of world_size, and ranks from 0 to world_size - 1"
            )
        if index(seed) < 0:
            raise ValueError(f"seed={seed}; take 0 or a positive integer")
        self._ids = as_id_array(token_ids)
        n_windows = count_windows(len(self._ids), context_length, stride)
        self._places = None
        if starts is not None:
            starts = as_id_array(starts)
            whole = starts < len(self._ids) - context_length
            self._places = starts[whole & (starts >= 0)].astype(np.int64)
            n_windows = len(self._places)
        if n_windows < batch_size:
            raise ValueError(
                f"{len(self._ids)} tokens give {n_windows} windows of "
                f"context_length={context_length} at stride={stride}, fewer "
                f"than batch_size={batch_size}; give more text or make one "
                "of the three smaller"
            )
        self.batch_size, self.context_length = batch_size, context_length
        self.stride, self.seed, self.shuffle = stride, seed, bool(shuffle)
        self.rank, self.world_size = rank, world_size
        if self.shuffle and starts is None:  # whatever the shift is
            n_shifted = len(self._ids) - stride + 1
            n_windows = count_windows(n_shifted, context_length, stride)
        self.n_batches = max(1, n_windows // batch_size)
        self._epoch = self._batch = 0
        self._order = None  # (epoch, first tokens of its windows)

    def __iter__(self):
        return self

    def __next__(self):
        """The next batch: inputs and targets, int64 (B / world_size, T)."""
        first = self._batch * self.batch_size
        rows = slice(first + self.rank, first + self.batch_size)
        starts = self._starts()[rows][:: self.world_size]  # (B,)
        span = np.arange(self.context_length + 1)
        windows = self._ids[starts[:, None] + span]  # (B, T + 1)
        windows = torch.from_numpy(windows.astype(np.int64))
        self._batch += 1
        if self._batch == self.n_batches:
            self._epoch, self._batch = self._epoch + 1, 0
        return windows[:, :-1], windows[:, 1:]  # (B, T) each

    def _starts(self):
        """The first token of each window of this epoch, in its order."""
        if self._order is None or self._order[0] != self._epoch:
            self._order = (self._epoch, self._draw_starts(self._epoch))
        return self._order[1]

    def _draw_starts(self, epoch):
        n_used = self.n_batches * self.batch_size
        rng = np.random.default_rng([self.seed, epoch])
        if self._places is not None:
            n = len(self._places)
            order = rng.permutation(n) if self.shuffle else np.arange(n)
            return self._places[order[:n_used]]
        if not self.shuffle:
            return np.arange(n_used) * self.stride
        n_covered = (n_used - 1) * self.stride + self.context_length + 1
        n_shifts = min(self.stride, len(self._ids) - n_covered + 1)
        shift = rng.integers(n_shifts)
        n_windows = count_windows(
            len(self._ids) - shift, self.context_length, self.stride
        )
        return shift + rng.permutation(n_windows)[:n_used] * self.stride

    @property
    def epoch(self):
        """How many epochs are complete."""
        return self._epoch

    def _identity(self):
        """What a state must agree in, or it would lead to other batches."""
        return {
            "seed": int(self.seed),
            "n_tokens": len(self._ids),
            "batch_size": int(self.batch_size),
            "context_length": int(self.context_length),
            "stride": int(self.stride),
            "shuffle": int(self.shuffle),
            "n_batches": int(self.n_batches),  # tells other starts mostly
        }

    def state_dict(self):
        """Where the loader is, as integers: {"epoch", "batch", ...}.

        `batch` batches of the epoch are already drawn.
        """
        return {
            **self._identity(),
            "epoch": self._epoch,
            "batch": self._batch,
        }

    def load_state_dict(self, state):
        """Go on where the loader was that gave `state`.

        Raises ValueError when it had another seed, text length or shape of
        batches, so that it would have gone on with other batches, or when
        the state is damaged.
        """
        check_identity(state, self._identity())
        epoch, batch = state.get("epoch"), state.get("batch")
        if (
            type(epoch) is not int
            or type(batch) is not int
            or not (epoch >= 0 and 0 <= batch < self.n_batches)
        ):
            raise ValueError(
                f"the state is at epoch={epoch}, batch={batch}, but this "
                f"loader has the batches 0 to {self.n_batches - 1} in an "
                "epoch; the state is damaged"
            )
        self._epoch, self._batch = epoch, batch
