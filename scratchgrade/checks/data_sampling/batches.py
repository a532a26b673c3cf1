"""Checks of exercise 2.2: a dataset, and an order of its own."""

from scratchgrade.checks.data_sampling.windows import true_windows
from scratchgrade.checks.kit import (
    Exercise,
    Mistake,
    Session,
    StudentError,
)

ex2 = Exercise(
    "2.2",
    "A dataset and its own order",
    needs=("WindowDataset", "epoch_batches"),
    read="Chapter 2, Step 2: Batches",
    tensors=True,
)


def some_dataset(rng, rest=None):
    """Ids, length and stride; `rest` ids are left behind the last start."""
    length, stride = rng.randint(2, 5), rng.randint(2, 4)
    rest = rng.randrange(stride) if rest is None else rest
    n_tokens = length + rng.randint(2, 9) * stride + rest
    return [rng.randrange(50_000) for _ in range(n_tokens)], length, stride


@ex2.check("gives window i as two tensors", points=2)
def items(s: Session):
    for rest in (0, 1):
        windows_of(s, *some_dataset(s.rng, rest))


def windows_of(s: Session, ids, length, stride):
    """Every item of a dataset, against the definition."""
    want = true_windows(ids, length, stride)
    n = length_of(s, ids, length, stride)
    shown = f"WindowDataset of {len(ids)} ids, L = {length}, s = {stride}"
    s.equal(
        n,
        len(want),
        checked=f"len() of a {shown}",
        look="The number of whole windows, as in exercise 2.1.",
        mistakes=[
            Mistake(
                max(0, (len(ids) - length) // stride),
                "The last window is missing: the division rounds down.",
            ),
            Mistake(
                len(range(0, len(ids) - length + 1, stride)),
                "One window too many: it has no target for its last input.",
            ),
        ],
    )
    calls = [("__getitem__", (i,)) for i in range(len(want))]
    got = s.drive("WindowDataset", (ids, length, stride), calls)
    for i, (pair, (inputs, targets)) in enumerate(zip(got, want, strict=True)):
        s.true(
            isinstance(pair, (list, tuple)) and len(pair) == 2,
            checked=f"item {i} of a {shown}",
            came_out=f"{type(pair).__name__}, expected a pair",
            look="Return inputs, targets.",
        )
        for part, array, ids_of in zip(
            ("inputs", "targets"), pair, (inputs, targets), strict=True
        ):
            kind = str(getattr(array, "dtype", type(array).__name__))
            s.true(
                kind == "int64",
                checked=f"the type of the {part} of item {i}",
                came_out=f"{kind}, expected a tensor of int64",
                look="torch.tensor(list_of_ids) gives int64, which is what "
                "an embedding and the loss take.",
            )
            s.equal(
                array.tolist(),
                list(ids_of),
                checked=f"the {part} of item {i} of a {shown}",
                look="Window i starts at token i * stride; the targets start "
                "one later.",
                mistakes=[
                    Mistake(
                        ids[i : i + length],
                        "Item i starts at token i: multiply by the stride.",
                    ),
                    Mistake(list(inputs), "Inputs and targets are equal."),
                ],
            )


def length_of(s: Session, ids, length, stride):
    (n,) = s.drive("WindowDataset", (ids, length, stride), [("__len__", ())])
    return n


def waits_for_windows(s: Session, ids, length, stride):
    """What the other checks look at makes sense with right windows only."""
    want = true_windows(ids, length, stride)
    calls = [("__getitem__", (i,)) for i in range(len(want))]
    got = s.drive("WindowDataset", (ids, length, stride), calls)
    right = length_of(s, ids, length, stride) == len(want) and all(
        isinstance(pair, (list, tuple))
        and [getattr(x, "tolist", list)() for x in pair] == list(map(list, w))
        for pair, w in zip(got, want, strict=True)
    )
    s.true(
        right,
        checked=f"the items of a WindowDataset of {len(ids)} ids",
        came_out="not the right windows",
        look="This check waits for right items: mend the first check.",
    )
    return want


def collated(dataset_class, ids, length, stride, batch_size):
    """Runs in the box: what PyTorch's own loader makes of the dataset."""
    from torch.utils.data import DataLoader

    dataset = dataset_class(ids, length, stride)
    return [list(b) for b in DataLoader(dataset, batch_size=batch_size)]


@ex2.check("works with PyTorch's DataLoader", points=1)
def loads(s: Session):
    ids, length, stride = some_dataset(s.rng)
    want = waits_for_windows(s, ids, length, stride)
    size = s.rng.randint(2, 4)
    got = s.lend(
        "WindowDataset",
        collated,
        ids,
        length,
        stride,
        size,
        items=-(-len(want) // size),
    )
    shapes = [
        [list(getattr(x, "shape", ())) for x in batch]
        for batch in got
        if isinstance(batch, list)
    ]
    expected = [
        [[len(want[i : i + size]), length]] * 2
        for i in range(0, len(want), size)
    ]
    s.equal(
        shapes,
        expected,
        checked=f"the shapes that DataLoader(dataset, batch_size={size}) "
        "gives",
        look="DataLoader asks len() and items 0, 1, ..., and stacks them: "
        "each item is a pair of tensors of the same shape.",
    )
    rows = [row for batch in got for row in batch[0].tolist()]
    s.equal(
        rows,
        [list(inputs) for inputs, _ in want],
        checked="the inputs in DataLoader's batches",
        look="Item i must not depend on which items were asked before.",
    )


@ex2.check("raises IndexError outside", points=1)
def outside(s: Session):
    ids, length, stride = some_dataset(s.rng)
    n = len(waits_for_windows(s, ids, length, stride))
    past = (
        "`for inputs, targets in dataset` ends at the IndexError, and a "
        "slice past the end gives short tensors without a word."
    )
    below = (
        "A negative number counts from the end in a list. Here it is refused "
        "like any other that is no window's."
    )
    for i, look in ((n, past), (n + 3, past), (-1, below), (-n - 1, below)):
        try:
            (got,) = s.drive(
                "WindowDataset",
                (ids, length, stride),
                [("__getitem__", (i,))],
            )
            said = f"{type(got).__name__} was returned"
        except StudentError as error:
            said = "" if error.kind == "IndexError" else f"{error} was raised"
        s.true(
            not said,
            checked=f"item {i} of {n}",
            came_out=f"{said}, expected IndexError",
            look=look,
        )


# --- the order -------------------------------------------------------------


def epoch_of(s: Session, n, size, seed, epoch, drop_last=False):
    got = s.call("epoch_batches", n, size, seed, epoch, drop_last)
    s.true(
        isinstance(got, (list, tuple))
        and all(isinstance(batch, (list, tuple)) for batch in got),
        checked=f"epoch_batches({n}, {size}, {seed}, {epoch}, {drop_last})",
        came_out=f"{got!r:.60}",
        look="Return a list of lists of indices.",
    )
    return got


def flat(batches) -> list:
    return [i for batch in batches for i in batch]


@ex2.check("each index once, in batches", points=2)
def each_once(s: Session):
    for n, size in [(0, 3), (1, 4), (7, 3), (12, 4), (5, 5), (23, 6)]:
        for drop in (False, True):
            got = epoch_of(s, n, size, s.rng.randrange(99), 1, drop)
            shown = f"epoch_batches({n}, {size}, ..., drop_last={drop})"
            full, rest = divmod(n, size)
            sizes = [size] * full + [rest] * bool(rest and not drop)
            s.equal(
                [len(b) for b in got],
                sizes,
                checked=f"the sizes of the batches of {shown}",
                look="All batches are full but the last, which has what is "
                "left; with drop_last=True that short one is left out.",
                mistakes=[
                    Mistake(
                        [size] * full,
                        "The short batch is missing although drop_last is "
                        "False.",
                    ),
                    Mistake(
                        [size] * full + [rest] * bool(rest),
                        "The short batch is there although drop_last is True.",
                    ),
                ],
            )
            seen = flat(got)
            s.true(
                len(set(seen)) == len(seen) and set(seen) <= set(range(n)),
                checked=f"the indices of {shown}",
                came_out=f"{seen!r:.80}: some come twice, or are not among "
                f"0 to {n - 1}",
                look="Shuffle all indices, then cut them into batches. "
                "Drawing with randrange or choices repeats some.",
            )


@ex2.check("another order each epoch, the same each time", points=2)
def repeatable(s: Session):
    n, size = s.rng.randint(30, 40), s.rng.randint(3, 6)
    seed, epoch = s.rng.randrange(1000), s.rng.randint(2, 5)
    first = flat(epoch_of(s, n, size, seed, epoch))
    s.equal(
        flat(epoch_of(s, n, size, seed, epoch)),
        first,
        checked=f"epoch_batches of seed {seed}, epoch {epoch}, twice",
        look="The order must follow from seed and epoch alone.",
    )
    s.true(
        first != sorted(first),
        checked=f"the order of {n} indices",
        came_out="they come in order",
        look="Shuffle them.",
    )
    cases = {
        f"epoch {epoch + 1} of the same seed": (seed, epoch + 1),
        f"seed {seed + 1}, the same epoch": (seed + 1, epoch),
        f"seed {seed + 1}, epoch {epoch - 1}": (seed + 1, epoch - 1),
        f"seed {epoch}, epoch {seed}": (epoch, seed),
    }
    looks = {
        "epoch": "The order repeats each epoch, so each batch is always the "
        "same windows. Let the epoch take part in the seed.",
        "seed": "Seed and epoch are mixed so that different pairs meet, as "
        "seed + epoch and seed * epoch do. Seed with both: "
        'random.Random(f"{seed}/{epoch}").',
    }
    for label, (other_seed, other_epoch) in cases.items():
        if (other_seed, other_epoch) == (seed, epoch):
            continue
        other = flat(epoch_of(s, n, size, other_seed, other_epoch))
        s.true(
            other != first,
            checked=f"seed {seed}, epoch {epoch}, beside {label}",
            came_out="the same order",
            look=looks[label.split()[0]],
        )


def effect(function, n, size, seed):
    """Runs in the box: what the call does to others' random numbers."""
    import random

    import numpy
    import torch

    def states():
        numbers = numpy.random.get_state()[1].tolist()
        return [
            str(random.getstate()),
            numbers,
            torch.get_rng_state().tolist(),
        ]

    before = states()
    first = function(n, size, seed, 1, False)
    left = [a == b for a, b in zip(before, states(), strict=True)]
    random.seed(5), numpy.random.seed(5), torch.manual_seed(5)
    second = function(n, size, seed, 1, False)
    return left, [list(b) for b in first] == [list(b) for b in second]


@ex2.check("touches no global random state", points=2)
def no_global_state(s: Session):
    seed = s.rng.randrange(1000)
    n, size = s.rng.randint(20, 30), 4
    epoch_of(s, n, size, seed, 1)
    s.true(
        sorted(flat(epoch_of(s, n, size, seed, 1))) == list(range(n)),
        checked=f"epoch_batches({n}, {size}, {seed}, 1, False)",
        came_out="not each index once",
        look="This check waits for a right answer: mend the others first.",
    )
    left, alike = s.lend("epoch_batches", effect, n, size, seed, items=2)
    names = ("random", "numpy.random", "torch")
    used = [n for n, same in zip(names, left, strict=True) if same is not True]
    s.true(
        not used,
        checked="the state of random, numpy.random and torch after a call",
        came_out=f"changed: {', '.join(used)}",
        look="Seeding or drawing from the global generators changes the "
        "dropout of the model that is trained beside. Make a generator of "
        "your own: random.Random(...) or torch.Generator().",
    )
    s.true(
        alike is True,
        checked="two calls, between which others seeded the generators",
        came_out="different orders",
        look="Your order depends on the global state. Use a generator of "
        "your own, seeded with seed and epoch.",
    )
