"""Checks of exercise 2.5: a split that keeps families together."""

import hashlib
from collections import Counter

from scratchgrade.checks.kit import Exercise, Mistake, Session

NAMES = ["austen", "bronte", "eliot", "мирний", "shelley", "thread-7", "森"]


def place(salt, group) -> float:
    """Where a group falls between 0 and 1, by its hash."""
    data = f"{salt}:{group}".encode()
    digest = hashlib.blake2b(data, digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def below(salt, group, share) -> bool:
    return place(salt, group) < share


def true_split(groups, share, salt, *, side=below):
    """The oracle, of the groups alone."""
    sides = [side(salt, group, share) for group in groups]
    train = [i for i, held_out in enumerate(sides) if not held_out]
    return train, [i for i, held_out in enumerate(sides) if held_out]


def swapped(groups, share, salt):
    train, validation = true_split(groups, share, salt)
    return validation, train


def by_place_in_list(groups, share, salt):
    return true_split(range(len(groups)), share, salt)


def without_salt(groups, share, salt):
    return true_split(
        groups, share, salt, side=lambda s, g, p: below("", g, p)
    )


def little_end(groups, share, salt):
    def side(salt, group, share):
        data = f"{salt}:{group}".encode()
        digest = hashlib.blake2b(data, digest_size=8).digest()
        return int.from_bytes(digest, "little") / 2**64 < share

    return true_split(groups, share, salt, side=side)


def last_tenth(groups, share, salt):
    cut = round(len(groups) * (1 - share))
    return list(range(cut)), list(range(cut, len(groups)))


SPLIT_SLIPS = [
    Mistake(
        swapped,
        "The sides are swapped: below share * 2**64 is validation.",
    ),
    Mistake(
        by_place_in_list,
        "You hash the place in the list, so a group is torn apart, and a "
        "document changes sides when another is put before it. Hash the "
        "group.",
    ),
    Mistake(
        without_salt,
        'The salt does not take part: hash f"{salt}:{group}".',
    ),
    Mistake(
        little_end,
        "The bytes are read in the other order: int.from_bytes(digest, "
        '"big").',
    ),
    Mistake(
        last_tenth,
        "You cut the list at the end. Authors and dates are sorted in most "
        "collections; and a family at the cut is on both sides.",
    ),
]


ex5 = Exercise(
    "2.5",
    "A split that keeps families together",
    needs=("split", "overlap"),
    read="Chapter 2, Step 4: Split",
)


def some_groups(rng):
    n = rng.randint(10, 25)
    names = [f"{rng.choice(NAMES)}-{rng.randrange(9)}" for _ in range(6)]
    groups = [rng.choice(names) for _ in range(n)]
    return groups, rng.uniform(0.25, 0.75), f"salt-{rng.randrange(999)}"


def grouped(s: Session, groups, share, salt):
    """The student's split of documents in these groups.

    `group_of` is a function, so it is made in the box; the documents carry
    their group before a tab.
    """
    documents = [f"{g}\ttext {i % 3}" for i, g in enumerate(groups)]
    got = s.lend("split", with_groups, documents, share, salt)
    s.true(
        isinstance(got, (list, tuple))
        and len(got) == 2
        and all(isinstance(side, (list, tuple)) for side in got),
        checked=f"split of {len(groups)} documents",
        came_out=f"{got!r:.60}",
        look="Return two lists of indices: train, validation.",
    )
    return [list(got[0]), list(got[1])]


def with_groups(split, documents, share, salt):
    """Runs in the box: `group_of` is what stands before the tab."""
    return split(documents, lambda d: d.split("\t")[0], share, salt)


@ex5.check("the hash of salt and group decides", points=4)
def by_hash(s: Session):
    cases = [some_groups(s.rng) for _ in range(4)]
    while True:  # until each slip shows
        rights = [true_split(*case) for case in cases]
        if all(
            any(m.value(*c) != r for c, r in zip(cases, rights, strict=True))
            for m in SPLIT_SLIPS
        ):
            break
        cases.append(some_groups(s.rng))
    got = [grouped(s, *case) for case in cases]
    look = (
        'blake2b of f"{salt}:{group}".encode(), digest_size=8, read as one '
        "number, high byte first; validation if it is below share * 2**64. "
        "Both lists in the documents' order."
    )
    wrong = [
        i for i in range(len(cases)) if got[i] != list(map(list, rights[i]))
    ]
    for slip in SPLIT_SLIPS if wrong else ():
        if got == [list(map(list, slip.value(*c))) for c in cases]:
            look = slip.look
    i = wrong[0] if wrong else 0
    groups, share, salt = cases[i]
    s.equal(
        got[i],
        list(rights[i]),
        checked=f"split of {len(groups)} documents of the groups "
        f"{groups[:3]} ..., share {share:.2f}, salt {salt!r}",
        look=look,
    )


@ex5.check("new documents move none, whatever process asks", points=1)
def stable(s: Session):
    groups, share, salt = some_groups(s.rng)
    more = [f"new-{i}" for i in range(5)] + groups
    train, validation = grouped(s, groups, share, salt)
    later, held = grouped(s, more, share, salt)
    kept = [i - 5 for i in later if i >= 5], [i - 5 for i in held if i >= 5]
    s.equal(
        list(map(list, kept)),
        [train, validation],
        checked="the old documents after five new ones were put before them",
        look="A document's side must follow from its group alone, or last "
        "month's validation set is in this month's training set.",
    )
    s.equal(
        sorted(train + validation),
        list(range(len(groups))),
        checked="all indices of both sides",
        look="Each document is on one side.",
    )


# --- overlap ---------------------------------------------------------------


def grams(document, n):
    return [tuple(document[i : i + n]) for i in range(len(document) - n + 1)]


def true_overlap(train_documents, validation_documents, n):
    known = {g for d in train_documents for g in grams(d, n)}
    shares = []
    for document in validation_documents:
        found = grams(document, n)
        seen = sum(g in known for g in found)
        shares.append(seen / len(found) if found else 0.0)
    return shares


def joined(train, validation, n):
    return true_overlap([[i for d in train for i in d]], validation, n)


def of_sets(train, validation, n):
    return [
        len({*grams(d, n)} & {g for t in train for g in grams(t, n)})
        / max(1, len({*grams(d, n)}))
        for d in validation
    ]


def jaccard(train, validation, n):
    known = {g for t in train for g in grams(t, n)}
    return [
        len({*grams(d, n)} & known) / max(1, len({*grams(d, n)} | known))
        for d in validation
    ]


def of_training(train, validation, n):
    known = {g for t in train for g in grams(t, n)}
    return [
        len({*grams(d, n)} & known) / max(1, len(known)) for d in validation
    ]


def of_tokens(train, validation, n):
    return true_overlap(train, validation, 1)


def counted_once(train, validation, n):
    """Each gram of the training text excuses one of the document's."""
    known = Counter(g for t in train for g in grams(t, n))
    shares = []
    for document in validation:
        found = Counter(grams(document, n))
        both = (found & known).total()
        shares.append(both / max(1, found.total()))
    return shares


def dividing_by_zero(train, validation, n):
    if any(len(d) < n for d in validation):
        raise ZeroDivisionError
    return true_overlap(train, validation, n)


OVERLAP_SLIPS = [
    Mistake(
        joined,
        "You joined the training documents, so runs that reach from one into "
        "the next count as known. Take each document by itself.",
    ),
    Mistake(
        of_sets,
        "You count different runs. A document that repeats a known run is "
        "known in each place: count places.",
    ),
    Mistake(
        jaccard,
        "You divide by the union of both sets (the Jaccard index). The "
        "question is what share of the *document* was seen.",
    ),
    Mistake(
        of_training,
        "You divide by the number of training runs; the share is of the "
        "document's own.",
    ),
    Mistake(of_tokens, "You look up single ids, not runs of n."),
    Mistake(
        counted_once,
        "Each known run is used up by one place. It was seen in training, "
        "however often the document repeats it.",
    ),
    Mistake(
        dividing_by_zero,
        "A document with fewer than n ids has no run: its overlap is 0.0.",
    ),
]


def some_texts(rng):
    n = rng.randint(2, 3)
    train = [
        [rng.randrange(4) for _ in range(rng.randint(1, 7))] for _ in range(4)
    ]
    fresh = [
        [rng.randrange(5) for _ in range(rng.randint(1, 9))] for _ in range(3)
    ]
    return train, [*fresh, train[0] * 2], n


@ex5.check("the share of runs that were seen in training", points=4)
def overlaps(s: Session):
    s.agrees(
        "overlap",
        true_overlap,
        given=[([], [[1, 2]], 2), ([[1, 2, 3]], [[1, 2, 3], [3]], 2)],
        draw=some_texts,
        checked="overlap",
        look="For each validation document: of its runs of n ids, place by "
        "place, how many stand in some training document? Divided by the "
        "number of its runs.",
        mistakes=OVERLAP_SLIPS,
    )
    s.keeps("overlap", *some_texts(s.rng))
