"""Checks of exercise 4.8: a KV cache for any chunking."""

import numpy as np

from scratchgrade.checks.kit import Exercise, Mistake, Session, StudentError

ex8 = Exercise(
    "4.8",
    "A KV cache for any chunking",
    needs=("CachedAttention",),
    read="Chapter 4, Step 6: Cache",
    tensors=True,
    forbids=("torch.nn.functional.scaled_dot_product_attention",),
)
HEADS, WIDTH = 2, 3


def attend(queries, keys, values, first):
    """Each query by itself, in numpy; the first stands at `first`."""
    out = np.empty((*queries.shape[:-1], values.shape[-1]))
    for i in range(queries.shape[-2]):
        stop = max(1, min(first + i + 1, keys.shape[-2]))
        q, k = queries[..., i : i + 1, :], keys[..., :stop, :]
        scores = q @ k.swapaxes(-1, -2) / q.shape[-1] ** 0.5
        powers = np.exp(scores - scores.max(-1, keepdims=True))
        weights = powers / powers.sum(-1, keepdims=True)
        out[..., i : i + 1, :] = weights @ values[..., :stop, :]
    return out


def true_run(chunks):
    """What full causal attention over all chunks gives, chunk by chunk."""
    q, k, v = (np.concatenate([c[i] for c in chunks], -2) for i in range(3))
    full, found, at = attend(q, k, v, 0), [], 0
    for chunk in chunks:
        n = chunk[0].shape[-2]
        found.append(full[..., at : at + n, :])
        at += n
    return found


def blind_to_the_past(chunks):
    return [attend(*chunk, 0) for chunk in chunks]


def chunk_sees_all_of_itself(chunks):
    found, keys, values = [], [], []
    for q, k, v in chunks:
        keys.append(k)
        values.append(v)
        joined = np.concatenate(keys, -2), np.concatenate(values, -2)
        found.append(attend(q, *joined, joined[0].shape[-2]))
    return found


def mask_from_the_start(chunks):
    found, keys, values = [], [], []
    for q, k, v in chunks:
        keys.append(k)
        values.append(v)
        joined = np.concatenate(keys, -2), np.concatenate(values, -2)
        found.append(attend(q, *joined, 0))
    return found


def newest_first(chunks):
    found, keys, values = [], [], []
    for q, k, v in chunks:
        first = sum(x.shape[-2] for x in keys)
        keys.insert(0, k)
        values.insert(0, v)
        joined = np.concatenate(keys, -2), np.concatenate(values, -2)
        found.append(attend(q, *joined, first))
    return found


SLIPS = [
    Mistake(
        blind_to_the_past,
        "Each chunk is attended to by itself: what came before is not used.",
    ),
    Mistake(
        chunk_sees_all_of_itself,
        "Within a chunk, tokens see later ones: one token a step needs no "
        "mask, several do.",
    ),
    Mistake(
        mask_from_the_start,
        "The mask starts at key 0. The first query of a chunk stands behind "
        "all cached keys: it sees them and itself.",
    ),
    Mistake(
        newest_first,
        "New keys are put in front of the old ones: their order is the "
        "order of the text.",
    ),
]


def chunks_of(s: Session, lengths, n_rows=2) -> list[tuple]:
    return [
        tuple(s.normal(n_rows, HEADS, n, WIDTH) for _ in range(3))
        for n in lengths
    ]


def steps(s: Session, capacity: int, chunks: list[tuple]) -> list:
    calls = [("step", chunk) for chunk in chunks]
    return s.drive("CachedAttention", (capacity,), calls)


def another(cached_attention, one, two):
    """Runs in the box: the first step of a cache beside a used one."""
    cache = cached_attention(99)
    cache.reset()
    cache.step(*one)
    return cached_attention(99).step(*two)


def own(s: Session) -> None:
    """Fail if a new cache holds what another one keeps."""
    one, two = chunks_of(s, [3, 2])
    got = s.lend("CachedAttention", another, one, two)
    mixed = true_run([one, two])[1]
    s.true(
        not (
            isinstance(got, np.ndarray)
            and got.shape == mixed.shape
            and np.allclose(got, mixed)
        ),
        checked="the first step of a new cache, while another one is in use",
        came_out="its tokens see those of the other cache",
        look="Two caches share their lists (a class attribute or a default "
        "argument): make them in __init__.",
    )


def products(cached_attention, capacity, chunks):
    """Runs in the box: how many products the last step makes."""
    from torch.overrides import TorchFunctionMode

    made = []

    class Counter(TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            out = func(*args, **(kwargs or {}))
            if func.__name__ in ("matmul", "einsum", "bmm"):
                made.append(out.numel())
            return out

    cache = cached_attention(capacity)
    for chunk in chunks[:-1]:
        cache.step(*chunk)
    with Counter():
        cache.step(*chunks[-1])
    return sum(made)


@ex8.check("cached equals full, for any chunking", points=5)
def equal(s: Session):
    own(s)
    tried = [[7], [1] * 6, [4, 1, 1], [1, 3, 2], [2, 5]]
    tried.append([s.rng.randint(1, 4) for _ in range(4)])
    cases = [chunks_of(s, lengths, s.rng.randint(1, 3)) for lengths in tried]
    got = [steps(s, 16, chunks) for chunks in cases]

    def all_of(run):
        return [run(chunks) for chunks in cases]

    s.close(
        got,
        all_of(true_run),
        rtol=1e-9,
        checked="outputs of step, chunk by chunk, against full causal "
        "attention; chunks such as 4, 1, 1 and 1, 3, 2",
        look="Keep keys and values; a query at place i of a chunk sees all "
        "cached keys and those of its chunk up to its own.",
        mistakes=[Mistake(lambda m=m: all_of(m.value), m.look) for m in SLIPS],
    )
    chunks = chunks_of(s, [31, 1])
    n = s.lend("CachedAttention", products, 32, chunks)
    s.true(
        type(n) is int and n < 1000,
        checked="the last step of a text of 32 tokens, one token long",
        came_out=f"{n!s:.20} products of rows, where about 140 do",
        look="Each step computes what earlier ones gave again. Queries are "
        "not kept: attend with the new ones only.",
    )


@ex8.check("reset forgets", points=2)
def reset(s: Session):
    own(s)
    first, second = chunks_of(s, [3, 2]), chunks_of(s, [2, 1, 3])
    calls = [("step", c) for c in first] + [("reset", ())]
    calls += [("step", c) for c in second]
    got = s.drive("CachedAttention", (6,), calls)
    want = true_run(first) + true_run(second)
    s.close(
        [x for i, x in enumerate(got) if i != len(first)],
        want,
        rtol=1e-9,
        checked="two texts of 5 and 6 tokens, with reset between, capacity 6",
        look="After reset nothing of the old text is left, and the whole "
        "capacity is free.",
        mistakes=[
            Mistake(
                lambda: true_run(first + second),
                "The second text still sees the first: keys of the old text "
                "are stale.",
            )
        ],
    )
    one, two = chunks_of(s, [2]), chunks_of(s, [3], n_rows=3)
    checked = "a batch of 3 texts after a batch of 2, with reset between"
    look = (
        "After reset another batch may come: what is set aside for keys and "
        "values still has the old number of rows. Make it anew."
    )
    calls = [("step", *one), ("reset", ()), ("step", *two)]
    try:
        got = s.drive("CachedAttention", (6,), calls)[-1]
    except StudentError as error:
        s.fail(checked, str(error), look)
    s.close(got, *true_run(two), rtol=1e-9, checked=checked, look=look)


def one_at_a_time(cached_attention, first, second):
    """Runs in the box: two caches side by side."""
    a, b = cached_attention(99), cached_attention(99)
    found = []
    for one, two in zip(first, second, strict=True):
        found.append(a.step(*one).clone())
        found.append(b.step(*two).clone())
    return found


@ex8.check("two caches do not meet", points=1)
def apart(s: Session):
    first, second = chunks_of(s, [2, 1, 2]), chunks_of(s, [2, 1, 2])
    s.close(
        steps(s, 99, first),
        true_run(first),
        rtol=1e-9,
        checked="one CachedAttention, before there are two",
        look="This check waits for the first one: mend that first.",
    )
    got = s.lend("CachedAttention", one_at_a_time, first, second, items=6)
    s.close(
        [got[0::2], got[1::2]],
        [true_run(first), true_run(second)],
        rtol=1e-9,
        checked="two CachedAttention, used in turn",
        look="What is kept belongs to the object: set it up in __init__, on "
        "self. A list in the class, or as a default argument, is shared.",
    )


def too_long(cached_attention, capacity, chunks, long, after):
    """Runs in the box: steps, one too long, and one that fits."""
    cache = cached_attention(capacity)
    for chunk in chunks:
        cache.step(*chunk)
    try:
        cache.step(*long)
        raised = ""
    except Exception as error:
        raised = type(error).__name__
    try:
        return raised, cache.step(*after)
    except Exception as error:
        return raised, type(error).__name__


@ex8.check("a full cache says so, and stays as it is", points=2)
def full(s: Session):
    own(s)
    for lengths, long in (([3, 2], 4), ([5], 3)):
        chunks, (extra,) = chunks_of(s, lengths), chunks_of(s, [long])
        (after,) = chunks_of(s, [2])
        capacity = sum(lengths) + 2
        try:
            fits = steps(s, capacity, [*chunks, after])
        except StudentError as error:
            s.fail(
                f"{capacity} tokens in a cache of capacity {capacity}",
                str(error),
                "A cache of capacity n takes n tokens.",
            )
        want = true_run([*chunks, after])
        s.close(
            fits,
            want,
            rtol=1e-9,
            checked=f"{capacity} tokens in a cache of capacity {capacity}",
            look="This check waits for the first one: mend that first.",
        )
        raised, out = s.lend(
            "CachedAttention",
            too_long,
            capacity,
            chunks,
            extra,
            after,
            items=2,
        )
        s.equal(
            raised,
            "ValueError",
            checked=f"{capacity - 2 + long} tokens in a cache of capacity "
            f"{capacity}",
            look="Raise a ValueError: dropping the oldest tokens without a "
            "word changes what the model says.",
        )
        s.close(
            out,
            want[-1],
            rtol=1e-9,
            checked="a step that fits, after one that did not",
            look="The refused tokens are in the cache all the same: check "
            "the room before you append.",
            mistakes=[
                Mistake(
                    true_run([after])[0],
                    "The refusal emptied the cache; it must stay as it was.",
                )
            ],
        )
