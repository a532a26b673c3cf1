"""Checks of exercise 2.4: packing without leaks."""

from scratchgrade.checks.kit import Exercise, Mistake, Session, same

IGNORED = -100
NAMES = ("inputs", "targets", "document_ids", "positions")


def pieces_of(document, context_length, end_id):
    """(inputs, targets) of a document, in pieces that fit into a row."""
    ids = [*document, end_id]
    targets = [*ids[1:], IGNORED]
    return [
        (ids[i : i + context_length], targets[i : i + context_length])
        for i in range(0, len(ids), context_length)
    ]


def true_rows(
    documents,
    context_length,
    end_id,
    *,
    cut=pieces_of,
    only_last=False,
    positions_run_on=False,
    padding_target=IGNORED,
    cross=False,
):
    """The oracle; its parts can be exchanged for wrong ones."""
    rows, number = [], 0
    for document in documents:
        for inputs, targets in cut(document, context_length, end_id):
            tried = rows[-1:] if only_last else rows
            row = next(
                (
                    r
                    for r in tried
                    if len(r["inputs"]) + len(inputs) <= context_length
                ),
                None,
            )
            if row is None:
                row = {name: [] for name in NAMES}
                rows.append(row)
            start = len(row["inputs"]) if positions_run_on else 0
            if cross and row["inputs"]:
                row["targets"][-1] = inputs[0]
            row["inputs"] += inputs
            row["targets"] += targets
            row["document_ids"] += [number] * len(inputs)
            row["positions"] += range(start, start + len(inputs))
            number += 1
    for row in rows:
        n = context_length - len(row["inputs"])
        start = len(row["inputs"]) if positions_run_on else 0
        row["inputs"] += [0] * n
        row["targets"] += [padding_target] * n
        row["document_ids"] += [-1] * n
        row["positions"] += (
            range(start, start + n) if positions_run_on else [0] * n
        )
    return rows


def without_end(document, context_length, end_id):
    return [
        (list(document[:context_length]), [*document[1:context_length], -100])
    ]


def long_dropped(document, context_length, end_id):
    pieces = pieces_of(document, context_length, end_id)
    return pieces if len(pieces) == 1 else []


def long_cut_off(document, context_length, end_id):
    return pieces_of(document, context_length, end_id)[:1]


def end_of_each_piece_unlearned(document, context_length, end_id):
    return [
        (inputs, [*targets[:-1], IGNORED])
        for inputs, targets in pieces_of(document, context_length, end_id)
    ]


def part(name, **how):
    """One list of each row, as wrong code gives it."""

    def wrong(documents, context_length, end_id):
        return [
            row[name]
            for row in true_rows(documents, context_length, end_id, **how)
        ]

    return wrong


PLACING = [
    Mistake(
        {"only_last": True},
        "You look at the last row only. A row that was left half empty "
        "earlier may have room: take the first that does.",
    ),
    Mistake(
        {"cut": without_end},
        "The end id is missing: each document ends with it, so that the "
        "model can learn to stop.",
    ),
]
TARGETS = [
    Mistake(
        {"cross": True},
        "A document's last input predicts the first token of its neighbour "
        "in the row. That is chance, not language: its target is -100.",
    ),
    Mistake(
        {"padding_target": 0},
        "Padding has the target 0, so the model learns to write token 0. "
        "Targets of padding are -100, which the loss leaves out.",
    ),
    Mistake(
        {"cut": end_of_each_piece_unlearned},
        "Where a long document was cut, its next token is known all the "
        "same: only the end id has nothing to predict.",
    ),
]
POSITIONS = [
    Mistake(
        {"positions_run_on": True},
        "Positions run on through the row. Each document is read as if it "
        "stood alone, so its positions start at 0.",
    ),
]
LONG = [
    Mistake(
        {"cut": long_dropped},
        "A document longer than a row is gone. Cut it into pieces of T "
        "inputs; each is placed like a document of its own.",
    ),
    Mistake(
        {"cut": long_cut_off},
        "Of a long document only the first row is kept. The rest are pieces "
        "as well.",
    ),
]

ex4 = Exercise(
    "2.4",
    "Packing without leaks",
    needs=("pack", "block_mask"),
    read="Chapter 2, Step 3: Documents",
    tensors=True,
)


def some_documents(rng, context_length, longest, n=7):
    return [
        [rng.randint(1, 90) for _ in range(rng.randint(1, longest))]
        for _ in range(n)
    ]


def compare(s: Session, name: str, draw, looks: str, slips, given=()):
    """One list of the rows, against the oracle, over several inputs."""
    cases = [*given, *(draw(s.rng) for _ in range(6))]
    wrong = [part(name, **slip.value) for slip in slips]
    seen = set()
    while len(cases) < 40:  # until each slip shows
        seen |= {
            i
            for i, f in enumerate(wrong)
            if any(f(*c) != part(name)(*c) for c in cases)
        }
        if len(seen) == len(wrong):
            break
        cases.append(draw(s.rng))
    got = [rows_of(s, *case) for case in cases]
    answers = [[row[name] for row in rows] for rows in got]
    want = [part(name)(*case) for case in cases]
    missed = [i for i, a in enumerate(answers) if not same(a, want[i])]
    look = looks
    for slip, f in zip(slips, wrong, strict=True) if missed else ():
        if same(answers, [f(*case) for case in cases]):
            look = slip.look
    i = min(missed, key=lambda i: len(str(cases[i]))) if missed else 0
    documents, length, end_id = cases[i]
    s.equal(
        answers[i],
        want[i],
        checked=f"{name} of pack({documents!r:.70}, {length}, {end_id})",
        look=look,
    )


def rows_of(s: Session, documents, length, end_id) -> list[dict]:
    rows = s.call("pack", documents, length, end_id)
    s.true(
        isinstance(rows, (list, tuple))
        and all(
            isinstance(row, dict)
            and set(NAMES) <= set(row)
            and all(isinstance(row[n], (list, tuple)) for n in NAMES)
            for row in rows
        ),
        checked="the form of pack's result",
        came_out=f"{rows!r:.70}",
        look="A list of rows, each a dictionary of four lists: inputs, "
        "targets, document_ids, positions.",
    )
    return [{n: list(row[n]) for n in NAMES} for row in rows]


def short_ones(rng):
    length = rng.randint(6, 9)
    return some_documents(rng, length, length - 1), length, rng.randint(91, 99)


@ex4.check("places each document in the first row with room", points=3)
def placed(s: Session):
    compare(
        s,
        "inputs",
        short_ones,
        "In order of arrival, each document with its end id goes into the "
        "first row that has room for all of it; else it opens a new row. "
        "Rows are filled up with 0.",
        PLACING,
        given=[([], 4, 99), ([[]], 4, 99), ([[1, 2, 3]], 4, 99)],
    )
    compare(
        s,
        "document_ids",
        short_ones,
        "Documents are numbered 0, 1, 2, ... in order of arrival, whatever "
        "row they are in; padding has -1.",
        PLACING,
    )
    s.keeps("pack", *short_ones(s.rng))


@ex4.check("targets stay inside a document", points=3)
def targets(s: Session):
    def any_length(rng):
        length = rng.randint(4, 7)
        return some_documents(rng, length, 2 * length, 5), length, 99

    compare(
        s,
        "targets",
        any_length,
        "The target of an input is the next token of its document. The end "
        "id and padding have -100.",
        TARGETS,
    )


@ex4.check("positions start again, long documents are cut", points=2)
def positions(s: Session):
    compare(
        s,
        "positions",
        short_ones,
        "In each document positions are 0, 1, 2, ...; in padding 0.",
        POSITIONS,
    )

    def long_ones(rng):
        length = rng.randint(3, 5)
        return some_documents(rng, length, 3 * length, 4), length, 99

    for name in ("inputs", "document_ids"):
        compare(
            s,
            name,
            long_ones,
            "A document with more than T tokens, end id included, is cut "
            "into pieces of T; each piece counts as a document: a number and "
            "positions of its own, placed where there is room.",
            LONG,
        )


# --- the mask --------------------------------------------------------------


def true_mask(document_ids):
    n = len(document_ids)
    return [
        [
            i == j or (j <= i and document_ids[i] == document_ids[j] != -1)
            for j in range(n)
        ]
        for i in range(n)
    ]


def mask_with(rule):
    def wrong(document_ids):
        n = range(len(document_ids))
        return [[bool(rule(document_ids, i, j)) for j in n] for i in n]

    return wrong


MASKS = [
    (
        mask_with(lambda d, i, j: j <= i),
        "Your mask is causal only: a token looks into the documents before "
        "it. An end id between them does not stop attention.",
    ),
    (
        mask_with(lambda d, i, j: d[i] == d[j]),
        "Your mask lets tokens look ahead: it must be causal as well.",
    ),
    (
        mask_with(lambda d, i, j: d[i] == d[j] != -1 and j <= i),
        "A row of padding is all False. Softmax over nothing is NaN, and NaN "
        "spreads: let padding see itself.",
    ),
    (
        mask_with(lambda d, i, j: d[i] == d[j] and j <= i),
        "Padding sees the padding before it. Each sees itself alone.",
    ),
    (
        mask_with(lambda d, i, j: (d[i] == d[j] and j < i) or i == j == 0),
        "A token must see itself: j <= i.",
    ),
    (
        lambda d: [[not x for x in row] for row in true_mask(d)],
        "Your mask is the other way round: True means that a token may look.",
    ),
]


@ex4.check("the mask lets a token see its own document", points=4)
def mask(s: Session):
    cases = [[0], [-1, -1], [0, 0, 1, 1, 1, 2, -1, -1], [5, 5, 2, 2, -1]]
    for _ in range(4):
        row = []
        for number in s.rng.sample(range(9), 3):
            row += [number] * s.rng.randint(1, 4)
        cases.append(row + [-1] * s.rng.randint(0, 3))
    for ids in cases:
        got = s.call("block_mask", ids)
        s.true(
            str(getattr(got, "dtype", "")) == "bool"
            and got.shape == (len(ids), len(ids)),
            checked=f"block_mask({ids})",
            came_out=f"{type(got).__name__} of {getattr(got, 'dtype', '')} "
            f"{tuple(getattr(got, 'shape', ()))}, expected a bool tensor of "
            f"shape {(len(ids), len(ids))}",
            look="Compare ids[:, None] with ids[None, :], and combine with "
            "torch.ones(T, T).tril().bool().",
        )
    answers = [s.call("block_mask", ids).tolist() for ids in cases]
    want = [true_mask(ids) for ids in cases]
    missed = [i for i in range(len(cases)) if answers[i] != want[i]]
    look = "True where j <= i and both belong to the same document; padding "
    look += "(-1) sees itself only."
    for wrong, advice in MASKS if missed else ():
        if answers == [wrong(ids) for ids in cases]:
            look = advice
    i = min(missed, key=lambda i: len(cases[i])) if missed else 0
    s.equal(
        answers[i],
        want[i],
        checked=f"block_mask({cases[i]}), row by row",
        look=look,
    )
    s.keeps("block_mask", cases[2])
