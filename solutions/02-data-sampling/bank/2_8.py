# %% correct: one_running_count_of_batches
import torch


class ShardLoader:
    def __init__(self, shards, batch_size, context_length, seed):
        self.shards, self.B, self.T, self.seed = shards, batch_size, context_length, seed
        self.counts = [max(0, (len(s) - 1) // context_length) for s in shards]
        self.per_epoch = sum(self.counts) // batch_size
        self.done = 0

    def _window(self, k):
        for shard, n in zip(self.shards, self.counts):
            if k < n:
                row = shard[k * self.T : (k + 1) * self.T + 1]
                return list(map(int, row))
            k -= n
        raise AssertionError(k)

    def next_batch(self):
        epoch, batch = divmod(self.done, self.per_epoch)
        generator = torch.Generator().manual_seed(self.seed * 100_003 + epoch)
        order = torch.randperm(sum(self.counts), generator=generator).tolist()
        rows = [self._window(k) for k in order[batch * self.B :][: self.B]]
        self.done += 1
        return [r[:-1] for r in rows], [r[1:] for r in rows]

    def state_dict(self):
        lengths = [len(s) for s in self.shards]
        return {"made for": [self.seed, self.B, self.T, lengths], "done": self.done}

    def load_state_dict(self, state):
        mine = self.state_dict()["made for"]
        if state["made for"] != mine:
            raise ValueError(f"saved for {state['made for']}, this is {mine}")
        self.done = state["done"]


# %% wrong: epoch_only
# why: the state knows the epoch only
# says: The loader starts from the beginning
import random


class ShardLoader:
    """Batches of windows from several files, in an order of each epoch."""

    def __init__(self, shards, batch_size, context_length, seed):
        self.shards = shards
        self.settings = {
            "batch_size": batch_size,
            "context_length": context_length,
            "seed": seed,
            "lengths": [len(shard) for shard in shards],
        }
        self.windows = [
            (shard, start)
            for shard, n in enumerate(self.settings["lengths"])
            for start in range(0, n - context_length, context_length)
        ]
        self.go_to(0, 0)

    def go_to(self, epoch, batch):
        self.epoch, self.batch = epoch, batch
        self.order = list(range(len(self.windows)))
        random.Random(f"{self.settings['seed']}/{epoch}").shuffle(self.order)

    def next_batch(self):
        size, length = (
            self.settings["batch_size"],
            self.settings["context_length"],
        )
        if (self.batch + 1) * size > len(self.order):
            self.go_to(self.epoch + 1, 0)
        chosen = self.order[self.batch * size : (self.batch + 1) * size]
        self.batch += 1
        inputs, targets = [], []
        for number in chosen:
            shard, start = self.windows[number]
            ids = [int(i) for i in self.shards[shard][start : start + length + 1]]
            inputs.append(ids[:-1])
            targets.append(ids[1:])
        return inputs, targets

    def state_dict(self):
        return {**self.settings, "epoch": self.epoch, "batch": self.batch}

    def load_state_dict(self, state):
        for name, mine in self.settings.items():
            if state[name] != mine:
                raise ValueError(
                    f"{name} was {state[name]} and is {mine}: the saved "
                    "place means nothing here"
                )
        self.go_to(0, 0)


# %% wrong: saves_before_the_step
# why: the state is one batch behind
# says: The batch before the stop comes again
import random


class ShardLoader:
    """Batches of windows from several files, in an order of each epoch."""

    def __init__(self, shards, batch_size, context_length, seed):
        self.shards = shards
        self.settings = {
            "batch_size": batch_size,
            "context_length": context_length,
            "seed": seed,
            "lengths": [len(shard) for shard in shards],
        }
        self.windows = [
            (shard, start)
            for shard, n in enumerate(self.settings["lengths"])
            for start in range(0, n - context_length, context_length)
        ]
        self.go_to(0, 0)

    def go_to(self, epoch, batch):
        self.epoch, self.batch = epoch, batch
        self.order = list(range(len(self.windows)))
        random.Random(f"{self.settings['seed']}/{epoch}").shuffle(self.order)

    def next_batch(self):
        size, length = (
            self.settings["batch_size"],
            self.settings["context_length"],
        )
        if (self.batch + 1) * size > len(self.order):
            self.go_to(self.epoch + 1, 0)
        chosen = self.order[self.batch * size : (self.batch + 1) * size]
        self.batch += 1
        inputs, targets = [], []
        for number in chosen:
            shard, start = self.windows[number]
            ids = [int(i) for i in self.shards[shard][start : start + length + 1]]
            inputs.append(ids[:-1])
            targets.append(ids[1:])
        return inputs, targets

    def state_dict(self):
        return {**self.settings, "epoch": self.epoch, "batch": max(0, self.batch - 1)}

    def load_state_dict(self, state):
        for name, mine in self.settings.items():
            if state[name] != mine:
                raise ValueError(
                    f"{name} was {state[name]} and is {mine}: the saved "
                    "place means nothing here"
                )
        self.go_to(state["epoch"], state["batch"])


# %% wrong: skips_one
# why: the state is one batch ahead
# says: One batch is skipped
import random


class ShardLoader:
    """Batches of windows from several files, in an order of each epoch."""

    def __init__(self, shards, batch_size, context_length, seed):
        self.shards = shards
        self.settings = {
            "batch_size": batch_size,
            "context_length": context_length,
            "seed": seed,
            "lengths": [len(shard) for shard in shards],
        }
        self.windows = [
            (shard, start)
            for shard, n in enumerate(self.settings["lengths"])
            for start in range(0, n - context_length, context_length)
        ]
        self.go_to(0, 0)

    def go_to(self, epoch, batch):
        self.epoch, self.batch = epoch, batch
        self.order = list(range(len(self.windows)))
        random.Random(f"{self.settings['seed']}/{epoch}").shuffle(self.order)

    def next_batch(self):
        size, length = (
            self.settings["batch_size"],
            self.settings["context_length"],
        )
        if (self.batch + 1) * size > len(self.order):
            self.go_to(self.epoch + 1, 0)
        chosen = self.order[self.batch * size : (self.batch + 1) * size]
        self.batch += 1
        inputs, targets = [], []
        for number in chosen:
            shard, start = self.windows[number]
            ids = [int(i) for i in self.shards[shard][start : start + length + 1]]
            inputs.append(ids[:-1])
            targets.append(ids[1:])
        return inputs, targets

    def state_dict(self):
        return {**self.settings, "epoch": self.epoch, "batch": self.batch + 1}

    def load_state_dict(self, state):
        for name, mine in self.settings.items():
            if state[name] != mine:
                raise ValueError(
                    f"{name} was {state[name]} and is {mine}: the saved "
                    "place means nothing here"
                )
        self.go_to(state["epoch"], state["batch"])


# %% wrong: order_saved
# why: the order goes into the state
# says: The state holds data or an order
import random


class ShardLoader:
    """Batches of windows from several files, in an order of each epoch."""

    def __init__(self, shards, batch_size, context_length, seed):
        self.shards = shards
        self.settings = {
            "batch_size": batch_size,
            "context_length": context_length,
            "seed": seed,
            "lengths": [len(shard) for shard in shards],
        }
        self.windows = [
            (shard, start)
            for shard, n in enumerate(self.settings["lengths"])
            for start in range(0, n - context_length, context_length)
        ]
        self.go_to(0, 0)

    def go_to(self, epoch, batch):
        self.epoch, self.batch = epoch, batch
        self.order = list(range(len(self.windows)))
        random.Random(f"{self.settings['seed']}/{epoch}").shuffle(self.order)

    def next_batch(self):
        size, length = (
            self.settings["batch_size"],
            self.settings["context_length"],
        )
        if (self.batch + 1) * size > len(self.order):
            self.go_to(self.epoch + 1, 0)
        chosen = self.order[self.batch * size : (self.batch + 1) * size]
        self.batch += 1
        inputs, targets = [], []
        for number in chosen:
            shard, start = self.windows[number]
            ids = [int(i) for i in self.shards[shard][start : start + length + 1]]
            inputs.append(ids[:-1])
            targets.append(ids[1:])
        return inputs, targets

    def state_dict(self):
        return {**self.settings, "epoch": self.epoch, "batch": self.batch, "order": self.order}

    def load_state_dict(self, state):
        for name, mine in self.settings.items():
            if state[name] != mine:
                raise ValueError(
                    f"{name} was {state[name]} and is {mine}: the saved "
                    "place means nothing here"
                )
        self.go_to(state["epoch"], state["batch"])


# %% wrong: order_not_drawn_anew
# why: the order of the loader's own epoch is kept
# says: A state is a place
import random


class ShardLoader:
    """Batches of windows from several files, in an order of each epoch."""

    def __init__(self, shards, batch_size, context_length, seed):
        self.shards = shards
        self.settings = {
            "batch_size": batch_size,
            "context_length": context_length,
            "seed": seed,
            "lengths": [len(shard) for shard in shards],
        }
        self.windows = [
            (shard, start)
            for shard, n in enumerate(self.settings["lengths"])
            for start in range(0, n - context_length, context_length)
        ]
        self.go_to(0, 0)

    def go_to(self, epoch, batch):
        self.epoch, self.batch = epoch, batch
        self.order = list(range(len(self.windows)))
        random.Random(f"{self.settings['seed']}/{epoch}").shuffle(self.order)

    def next_batch(self):
        size, length = (
            self.settings["batch_size"],
            self.settings["context_length"],
        )
        if (self.batch + 1) * size > len(self.order):
            self.go_to(self.epoch + 1, 0)
        chosen = self.order[self.batch * size : (self.batch + 1) * size]
        self.batch += 1
        inputs, targets = [], []
        for number in chosen:
            shard, start = self.windows[number]
            ids = [int(i) for i in self.shards[shard][start : start + length + 1]]
            inputs.append(ids[:-1])
            targets.append(ids[1:])
        return inputs, targets

    def state_dict(self):
        return {**self.settings, "epoch": self.epoch, "batch": self.batch}

    def load_state_dict(self, state):
        for name, mine in self.settings.items():
            if state[name] != mine:
                raise ValueError(
                    f"{name} was {state[name]} and is {mine}: the saved "
                    "place means nothing here"
                )
        self.epoch, self.batch = state["epoch"], state["batch"]


# %% wrong: windows_across_shards
# why: the shards are joined
# says: This window begins in one shard
import random


class ShardLoader:
    """Batches of windows from several files, in an order of each epoch."""

    def __init__(self, shards, batch_size, context_length, seed):
        self.shards = shards
        self.settings = {
            "batch_size": batch_size,
            "context_length": context_length,
            "seed": seed,
            "lengths": [len(shard) for shard in shards],
        }
        self.windows = [
            (0, start)
            for n in [sum(self.settings["lengths"])]
            for start in range(0, n - context_length, context_length)
        ]
        self.go_to(0, 0)

    def go_to(self, epoch, batch):
        self.epoch, self.batch = epoch, batch
        self.order = list(range(len(self.windows)))
        random.Random(f"{self.settings['seed']}/{epoch}").shuffle(self.order)

    def next_batch(self):
        size, length = (
            self.settings["batch_size"],
            self.settings["context_length"],
        )
        if (self.batch + 1) * size > len(self.order):
            self.go_to(self.epoch + 1, 0)
        chosen = self.order[self.batch * size : (self.batch + 1) * size]
        self.batch += 1
        inputs, targets = [], []
        for number in chosen:
            shard, start = self.windows[number]
            ids = [int(i) for i in self.across(start, start + length + 1)]
            inputs.append(ids[:-1])
            targets.append(ids[1:])
        return inputs, targets

    def across(self, start, stop):
        ids = []
        for shard in self.shards:
            ids += shard[max(0, start) : max(0, stop)]
            start, stop = start - len(shard), stop - len(shard)
        return ids

    def state_dict(self):
        return {**self.settings, "epoch": self.epoch, "batch": self.batch}

    def load_state_dict(self, state):
        for name, mine in self.settings.items():
            if state[name] != mine:
                raise ValueError(
                    f"{name} was {state[name]} and is {mine}: the saved "
                    "place means nothing here"
                )
        self.go_to(state["epoch"], state["batch"])


# %% wrong: reads_everything
# why: copies the shards
# says: take slices of what the batch needs
import random


class ShardLoader:
    """Batches of windows from several files, in an order of each epoch."""

    def __init__(self, shards, batch_size, context_length, seed):
        self.shards = [list(shard[: len(shard)]) for shard in shards]
        self.settings = {
            "batch_size": batch_size,
            "context_length": context_length,
            "seed": seed,
            "lengths": [len(shard) for shard in shards],
        }
        self.windows = [
            (shard, start)
            for shard, n in enumerate(self.settings["lengths"])
            for start in range(0, n - context_length, context_length)
        ]
        self.go_to(0, 0)

    def go_to(self, epoch, batch):
        self.epoch, self.batch = epoch, batch
        self.order = list(range(len(self.windows)))
        random.Random(f"{self.settings['seed']}/{epoch}").shuffle(self.order)

    def next_batch(self):
        size, length = (
            self.settings["batch_size"],
            self.settings["context_length"],
        )
        if (self.batch + 1) * size > len(self.order):
            self.go_to(self.epoch + 1, 0)
        chosen = self.order[self.batch * size : (self.batch + 1) * size]
        self.batch += 1
        inputs, targets = [], []
        for number in chosen:
            shard, start = self.windows[number]
            ids = [int(i) for i in self.shards[shard][start : start + length + 1]]
            inputs.append(ids[:-1])
            targets.append(ids[1:])
        return inputs, targets

    def state_dict(self):
        return {**self.settings, "epoch": self.epoch, "batch": self.batch}

    def load_state_dict(self, state):
        for name, mine in self.settings.items():
            if state[name] != mine:
                raise ValueError(
                    f"{name} was {state[name]} and is {mine}: the saved "
                    "place means nothing here"
                )
        self.go_to(state["epoch"], state["batch"])


# %% wrong: same_order_each_epoch
# why: the epoch is not in the seed
# says: two have the same order
import random


class ShardLoader:
    """Batches of windows from several files, in an order of each epoch."""

    def __init__(self, shards, batch_size, context_length, seed):
        self.shards = shards
        self.settings = {
            "batch_size": batch_size,
            "context_length": context_length,
            "seed": seed,
            "lengths": [len(shard) for shard in shards],
        }
        self.windows = [
            (shard, start)
            for shard, n in enumerate(self.settings["lengths"])
            for start in range(0, n - context_length, context_length)
        ]
        self.go_to(0, 0)

    def go_to(self, epoch, batch):
        self.epoch, self.batch = epoch, batch
        self.order = list(range(len(self.windows)))
        random.Random(f"{self.settings['seed']}").shuffle(self.order)

    def next_batch(self):
        size, length = (
            self.settings["batch_size"],
            self.settings["context_length"],
        )
        if (self.batch + 1) * size > len(self.order):
            self.go_to(self.epoch + 1, 0)
        chosen = self.order[self.batch * size : (self.batch + 1) * size]
        self.batch += 1
        inputs, targets = [], []
        for number in chosen:
            shard, start = self.windows[number]
            ids = [int(i) for i in self.shards[shard][start : start + length + 1]]
            inputs.append(ids[:-1])
            targets.append(ids[1:])
        return inputs, targets

    def state_dict(self):
        return {**self.settings, "epoch": self.epoch, "batch": self.batch}

    def load_state_dict(self, state):
        for name, mine in self.settings.items():
            if state[name] != mine:
                raise ValueError(
                    f"{name} was {state[name]} and is {mine}: the saved "
                    "place means nothing here"
                )
        self.go_to(state["epoch"], state["batch"])


# %% wrong: shard_after_shard
# why: each shard is shuffled by itself
# says: one shard after the other
import random


class ShardLoader:
    """Batches of windows from several files, in an order of each epoch."""

    def __init__(self, shards, batch_size, context_length, seed):
        self.shards = shards
        self.settings = {
            "batch_size": batch_size,
            "context_length": context_length,
            "seed": seed,
            "lengths": [len(shard) for shard in shards],
        }
        self.windows = [
            (shard, start)
            for shard, n in enumerate(self.settings["lengths"])
            for start in range(0, n - context_length, context_length)
        ]
        self.go_to(0, 0)

    def go_to(self, epoch, batch):
        self.epoch, self.batch = epoch, batch
        self.order = list(range(len(self.windows)))
        rng = random.Random(f"{self.settings['seed']}/{epoch}")
        rng.shuffle(self.order)
        self.order.sort(key=lambda k: self.windows[k][0])

    def next_batch(self):
        size, length = (
            self.settings["batch_size"],
            self.settings["context_length"],
        )
        if (self.batch + 1) * size > len(self.order):
            self.go_to(self.epoch + 1, 0)
        chosen = self.order[self.batch * size : (self.batch + 1) * size]
        self.batch += 1
        inputs, targets = [], []
        for number in chosen:
            shard, start = self.windows[number]
            ids = [int(i) for i in self.shards[shard][start : start + length + 1]]
            inputs.append(ids[:-1])
            targets.append(ids[1:])
        return inputs, targets

    def state_dict(self):
        return {**self.settings, "epoch": self.epoch, "batch": self.batch}

    def load_state_dict(self, state):
        for name, mine in self.settings.items():
            if state[name] != mine:
                raise ValueError(
                    f"{name} was {state[name]} and is {mine}: the saved "
                    "place means nothing here"
                )
        self.go_to(state["epoch"], state["batch"])


# %% wrong: other_settings_accepted
# why: no comparison
# says: The place means nothing there
import random


class ShardLoader:
    """Batches of windows from several files, in an order of each epoch."""

    def __init__(self, shards, batch_size, context_length, seed):
        self.shards = shards
        self.settings = {
            "batch_size": batch_size,
            "context_length": context_length,
            "seed": seed,
            "lengths": [len(shard) for shard in shards],
        }
        self.windows = [
            (shard, start)
            for shard, n in enumerate(self.settings["lengths"])
            for start in range(0, n - context_length, context_length)
        ]
        self.go_to(0, 0)

    def go_to(self, epoch, batch):
        self.epoch, self.batch = epoch, batch
        self.order = list(range(len(self.windows)))
        random.Random(f"{self.settings['seed']}/{epoch}").shuffle(self.order)

    def next_batch(self):
        size, length = (
            self.settings["batch_size"],
            self.settings["context_length"],
        )
        if (self.batch + 1) * size > len(self.order):
            self.go_to(self.epoch + 1, 0)
        chosen = self.order[self.batch * size : (self.batch + 1) * size]
        self.batch += 1
        inputs, targets = [], []
        for number in chosen:
            shard, start = self.windows[number]
            ids = [int(i) for i in self.shards[shard][start : start + length + 1]]
            inputs.append(ids[:-1])
            targets.append(ids[1:])
        return inputs, targets

    def state_dict(self):
        return {**self.settings, "epoch": self.epoch, "batch": self.batch}

    def load_state_dict(self, state):
        for name, mine in self.settings.items():
            if False:
                raise ValueError(
                    f"{name} was {state[name]} and is {mine}: the saved "
                    "place means nothing here"
                )
        self.go_to(state["epoch"], state["batch"])


# %% wrong: targets_equal_inputs
# why: no shift
# says: Inputs and targets are the same
import random


class ShardLoader:
    """Batches of windows from several files, in an order of each epoch."""

    def __init__(self, shards, batch_size, context_length, seed):
        self.shards = shards
        self.settings = {
            "batch_size": batch_size,
            "context_length": context_length,
            "seed": seed,
            "lengths": [len(shard) for shard in shards],
        }
        self.windows = [
            (shard, start)
            for shard, n in enumerate(self.settings["lengths"])
            for start in range(0, n - context_length, context_length)
        ]
        self.go_to(0, 0)

    def go_to(self, epoch, batch):
        self.epoch, self.batch = epoch, batch
        self.order = list(range(len(self.windows)))
        random.Random(f"{self.settings['seed']}/{epoch}").shuffle(self.order)

    def next_batch(self):
        size, length = (
            self.settings["batch_size"],
            self.settings["context_length"],
        )
        if (self.batch + 1) * size > len(self.order):
            self.go_to(self.epoch + 1, 0)
        chosen = self.order[self.batch * size : (self.batch + 1) * size]
        self.batch += 1
        inputs, targets = [], []
        for number in chosen:
            shard, start = self.windows[number]
            ids = [int(i) for i in self.shards[shard][start : start + length + 1]]
            inputs.append(ids[:-1])
            targets.append(ids[:-1])
        return inputs, targets

    def state_dict(self):
        return {**self.settings, "epoch": self.epoch, "batch": self.batch}

    def load_state_dict(self, state):
        for name, mine in self.settings.items():
            if state[name] != mine:
                raise ValueError(
                    f"{name} was {state[name]} and is {mine}: the saved "
                    "place means nothing here"
                )
        self.go_to(state["epoch"], state["batch"])


# %% wrong: seed_ignored
# why: the same order for every seed
# says: The order must follow from the seed
import random


class ShardLoader:
    """Batches of windows from several files, in an order of each epoch."""

    def __init__(self, shards, batch_size, context_length, seed):
        self.shards = shards
        self.settings = {
            "batch_size": batch_size,
            "context_length": context_length,
            "seed": seed,
            "lengths": [len(shard) for shard in shards],
        }
        self.windows = [
            (shard, start)
            for shard, n in enumerate(self.settings["lengths"])
            for start in range(0, n - context_length, context_length)
        ]
        self.go_to(0, 0)

    def go_to(self, epoch, batch):
        self.epoch, self.batch = epoch, batch
        self.order = list(range(len(self.windows)))
        random.Random(f"{epoch}").shuffle(self.order)

    def next_batch(self):
        size, length = (
            self.settings["batch_size"],
            self.settings["context_length"],
        )
        if (self.batch + 1) * size > len(self.order):
            self.go_to(self.epoch + 1, 0)
        chosen = self.order[self.batch * size : (self.batch + 1) * size]
        self.batch += 1
        inputs, targets = [], []
        for number in chosen:
            shard, start = self.windows[number]
            ids = [int(i) for i in self.shards[shard][start : start + length + 1]]
            inputs.append(ids[:-1])
            targets.append(ids[1:])
        return inputs, targets

    def state_dict(self):
        return {**self.settings, "epoch": self.epoch, "batch": self.batch}

    def load_state_dict(self, state):
        for name, mine in self.settings.items():
            if state[name] != mine:
                raise ValueError(
                    f"{name} was {state[name]} and is {mine}: the saved "
                    "place means nothing here"
                )
        self.go_to(state["epoch"], state["batch"])
