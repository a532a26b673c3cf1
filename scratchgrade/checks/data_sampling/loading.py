"""Checks of exercise 2.8: a loader over several files that resumes."""

from scratchgrade.checks.kit import Exercise, Mistake, Session, StudentError

ex8 = Exercise(
    "2.8",
    "A loader over several files that resumes",
    needs=("ShardLoader",),
    read="Chapter 2, Step 2: Batches",
)


def run(loader_class, shards, settings, n_batches, save_at, spoil):
    """Runs in the box: batches in one go, and again through a saved state.

    The state goes through JSON into a new loader, which has read `spoil`
    batches before.
    """
    import json

    def take(loader, n):
        batches = []
        for _ in range(n):
            inputs, targets = loader.next_batch()
            batch = [[int(i) for i in row] for row in inputs]
            batches.append([batch, [[int(i) for i in row] for row in targets]])
        return batches

    whole = loader_class(shards, *settings)
    batches = take(whole, n_batches)
    first = loader_class(shards, *settings)
    take(first, save_at)
    text = json.dumps(first.state_dict())
    take(first, 1)  # what is read later must not change the state
    second = loader_class(shards, *settings)
    take(second, spoil)
    second.load_state_dict(json.loads(text))
    return batches, take(second, n_batches - save_at), len(text)


def some_shards(rng, length, windows=(2, 3, 4)):
    """Shards whose ids are all different, so an id tells its place."""
    ids = list(range(100, 30_000))
    rng.shuffle(ids)
    shards, at = [], 0
    for n_windows in windows:
        n = n_windows * length + rng.randint(1, length)
        shards.append(ids[at : at + n])
        at += n
    return shards


def windows_of(shards, length):
    return {
        tuple(shard[i : i + length]): tuple(shard[i + 1 : i + length + 1])
        for shard in shards
        for i in range(0, len(shard) - length, length)
    }


def across(shards, length):
    """Windows of one who joins the shards."""
    return windows_of([[i for shard in shards for i in shard]], length)


def some_loader(rng, windows=(2, 3, 4)):
    length = rng.randint(3, 5)
    return some_shards(rng, length, windows), length, rng.randrange(1000)


def batches_of(s: Session, shards, settings, n, save_at=0, spoil=0):
    """All batches, those after the stop, and the size of the state."""
    batches, later, size = s.lend(
        "ShardLoader", run, shards, settings, n, save_at, spoil, items=3
    )
    known = are_batches(batches, n) and are_batches(later, n - save_at)
    if not known or type(size) is not int:
        raise StudentError("TypeError", "no batches of lists came back")
    return batches, later, size


def are_batches(batches, n) -> bool:
    """Whether these are n pairs of lists of lists; a stranger wrote them."""
    return is_list(batches, n) and all(
        is_list(batch, 2)
        and all(is_list(part) and all(map(is_list, part)) for part in batch)
        for batch in batches
    )


def is_list(value, n=None) -> bool:
    return isinstance(value, (list, tuple)) and n in (None, len(value))


def rows(batches) -> list[tuple]:
    return [tuple(row) for inputs, _ in batches for row in inputs]


def shown(shards, settings) -> str:
    return (
        f"ShardLoader of shards of {[len(x) for x in shards]} ids, "
        f"batch_size {settings[0]}, context_length {settings[1]}"
    )


@ex8.check("windows of each shard, with their targets", points=2)
def windows(s: Session):
    shards, length, seed = some_loader(s.rng)
    shards.append([7] * s.rng.randint(0, length))  # too short for a window
    size = s.rng.choice([2, 4])
    settings = [size, length, seed]
    want = windows_of(shards, length)
    n = len(want) // size
    batches, _, _ = batches_of(s, shards, settings, n)
    for inputs, targets in batches:
        s.equal(
            [len(inputs), len(targets), {len(r) for r in inputs + targets}],
            [size, size, {length}],
            checked=f"the sizes of a batch of a {shown(shards, settings)}",
            look="Inputs and targets: batch_size lists of context_length "
            "ids each.",
        )
        for row, target in zip(inputs, targets, strict=True):
            known = tuple(row) in want
            look = "Windows start at 0, T, 2T, ... of each shard."
            if not known and tuple(row) in across(shards, length):
                look = (
                    "This window begins in one shard and ends in another. "
                    "Files have nothing to do with each other."
                )
            s.true(
                known,
                checked=f"a row of a {shown(shards, settings)}",
                came_out=f"{row} is no window of a shard",
                look=look,
            )
            s.equal(
                tuple(target),
                want[tuple(row)],
                checked=f"the targets of the inputs {row}",
                look="The ids that follow, one further in the same shard.",
                mistakes=[
                    Mistake(tuple(row), "Inputs and targets are the same."),
                ],
            )


@ex8.check("each window once an epoch, in another order each time", points=3)
def epochs(s: Session):
    shards, length, seed = some_loader(s.rng, (3, 4, 5))
    n_windows = len(windows_of(shards, length))
    for size in (2, 5):
        settings = [size, length, seed]
        n = n_windows // size
        batches, _, _ = batches_of(s, shards, settings, 3 * n)
        parts = [rows(batches[i * n : i * n + n]) for i in range(3)]
        for epoch, part in enumerate(parts):
            s.true(
                len(set(part)) == n * size,
                checked=f"epoch {epoch} of a {shown(shards, settings)}",
                came_out=f"{len(set(part))} different windows in {n} batches",
                look="Shuffle all windows, cut them into batches; the last, "
                "short batch is left out, and the next epoch begins.",
            )
        s.true(
            parts[0] != parts[1] != parts[2] != parts[0],
            checked=f"three epochs of a {shown(shards, settings)}",
            came_out="two have the same order",
            look="Let the number of the epoch take part in the seed.",
        )
        by_shard = [
            i
            for row in parts[0]
            for i, shard in enumerate(shards)
            if row[0] in shard
        ]
        s.true(
            by_shard != sorted(by_shard),
            checked="from which shards the windows of an epoch come",
            came_out="one shard after the other",
            look="Shuffle the windows of all shards together.",
        )
    other, _, _ = batches_of(s, shards, [2, length, seed + 1], n_windows // 2)
    first, _, _ = batches_of(s, shards, [2, length, seed], n_windows // 2)
    s.true(
        rows(other) != rows(first),
        checked=f"seed {seed} beside seed {seed + 1}",
        came_out="the same order",
        look="The order must follow from the seed.",
    )


@ex8.check("goes on exactly where it stopped", points=3)
def resumes(s: Session):
    shards, length, seed = some_loader(s.rng, (3, 4, 4))
    size = s.rng.choice([2, 3])
    settings = [size, length, seed]
    n = len(windows_of(shards, length)) // size
    for save_at in (0, 2, n - 1, n, n + 1, 2 * n):
        for spoil in (0, 3):
            batches, later, _ = batches_of(
                s, shards, settings, 2 * n + 2, save_at, spoil
            )
            want = batches[save_at:]
            s.equal(
                later,
                want,
                checked=f"the batches after load_state_dict, saved after "
                f"{save_at} batches ({n} an epoch)"
                + (", into a loader that was used before" if spoil else ""),
                look="A state is a place: epoch and batch. The order of an "
                "epoch follows from seed and epoch, so it need not be saved.",
                mistakes=[
                    Mistake(
                        batches[save_at - 1 : -1],
                        "The batch before the stop comes again: save the "
                        "place *after* it.",
                    ),
                    Mistake(
                        [*batches[save_at + 1 :], later[-1]],
                        "One batch is skipped: it was counted, but nobody "
                        "trained on it.",
                    ),
                    Mistake(
                        batches[: len(later)],
                        "The loader starts from the beginning: the state is "
                        "not used.",
                    ),
                ],
            )


def refusals(loader_class, shards, others, settings, changed):
    """Runs in the box: what load_state_dict says to states of others."""

    def load(state, shards, settings):
        loader = loader_class(shards, *settings)
        try:
            loader.load_state_dict(state)
        except Exception as error:
            return [type(error).__name__, str(error)]
        return ["nothing", ""]

    state = loader_class(shards, *settings).state_dict()
    said = [load(state, shards, c) for c in changed]
    return [*said, load(state, others, settings)]


@ex8.check("a small state, refused by another loader", points=1)
def states(s: Session):
    shards, length, seed = some_loader(s.rng)
    sizes = []
    for factor in (1, 40):
        many = some_shards(s.rng, length, (4 * factor, 3 * factor))
        _, _, size = batches_of(s, many, [2, length, seed], 3, 1)
        sizes.append(size)
    s.true(
        sizes[1] < sizes[0] + 40,
        checked="the length of the state in JSON, of 7 and of 280 windows",
        came_out=f"{sizes[0]} and {sizes[1]} characters",
        look="The state holds data or an order. Seed, epoch and batch say "
        "the same in a few numbers.",
    )
    changed = [[2, length, seed + 1], [3, length, seed], [2, length, seed]]
    changed[2][1] = length + 1
    others = [*shards[:-1], shards[-1][: -length - 1]]
    said = s.lend(
        "ShardLoader",
        refusals,
        shards,
        others,
        [2, length, seed],
        changed,
        items=4,
    )
    if not all(is_list(pair, 2) for pair in said):
        raise StudentError("TypeError", "no list of what was said came back")
    labels = ["another seed", "another batch_size", "another context_length"]
    labels += ["shorter shards"]
    for label, (kind, text) in zip(labels, said, strict=True):
        s.true(
            kind == "ValueError",
            checked=f"load_state_dict of a loader with {label}",
            came_out=f"{kind} was raised" if text else "no error",
            look="The place means nothing there: compare seed, batch_size, "
            "context_length and the lengths of the shards, and raise "
            "ValueError with both values.",
        )


def reading(loader_class, lengths, settings, n):
    """Runs in the box: how many ids are read for n batches."""

    class Shard:
        """A file on disk, as it were."""

        def __init__(self, length):
            self.length, self.read = length, 0

        def __len__(self):
            return self.length

        def __getitem__(self, key):
            if not isinstance(key, slice):
                if not 0 <= key < self.length:
                    raise IndexError(key)
                self.read += 1
                return key
            ids = list(range(*key.indices(self.length)))
            self.read += len(ids)
            return ids

    shards = [Shard(length) for length in lengths]
    loader = loader_class(shards, *settings)
    for _ in range(n):
        loader.next_batch()
    return sum(shard.read for shard in shards)


@ex8.check("reads what a batch needs, no more", points=1)
def reads_little(s: Session):
    length, size, n = s.rng.randint(5, 9), 3, 4
    lengths = [s.rng.randint(3000, 5000) for _ in range(3)]
    got = s.lend("ShardLoader", reading, lengths, [size, length, 1], n)
    most = 2 * n * size * (length + 1)
    s.true(
        type(got) is int and got <= most,
        checked=f"ids read for {n} batches of {size} windows of {length}, "
        f"shards of {lengths}",
        came_out=f"{got}, at most {most} expected",
        look="A shard may be larger than the memory: take slices of what "
        "the batch needs, and do not copy or join the shards.",
    )
    s.true(
        type(got) is int and got >= n * size * (length + 1) // 2,
        checked="ids read at all",
        came_out=f"{got}",
        look="The ids come from the shards, through slices.",
    )
