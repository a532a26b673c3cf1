"""Checks of exercise 5.7: greedy generation, batched."""

import numpy as np

from scratchgrade.checks.calls import source
from scratchgrade.checks.kit import Exercise, Mistake, Session
from scratchgrade.checks.mistakes import outcome

ex7 = Exercise(
    "5.7",
    "Greedy generation, batched",
    needs=("generate",),
    read="Chapter 5, Step 6: Choose",
    tensors=True,
)
VOCAB = 7


def made_model(seed, limit):
    """A model: what comes next depends on all ids that it is shown."""
    import torch

    def model(token_ids):
        if token_ids.shape[1] > limit:
            raise RuntimeError(f"{token_ids.shape[1]} tokens, at most {limit}")
        steps = torch.arange(1, token_ids.shape[1] + 1)
        mixed = (token_ids * steps * steps).cumsum(1) * 37 + seed * steps
        choices = torch.arange(7)
        return torch.sin((mixed[..., None] * (choices + 3)).double())

    return model


def made_rivals(base, gap):
    """A model: 1 follows 0 and 0 follows 1, ahead of the other by `gap`."""
    import torch

    def model(token_ids):
        winner = torch.tensor([[0, gap, -1], [gap, 0, -1], [gap, 0, -1]])
        return base + winner.double()[token_ids]

    return model


def generate_by(
    crop="last",
    stop="row",
    prompt=False,
    end=True,
    place=-1,
    go_on=lambda end_id: False,
):
    """Each row by itself; each part can be a wrong one."""

    def one(model, row, n_new, limit, end_id):
        import torch

        ids, new = list(row), []
        for _ in range(n_new):
            if crop == "one" and len(ids) > limit:
                ids = ids[1:]
            shown = {"last": ids[-limit:], "first": ids[:limit]}.get(crop, ids)
            logits = model(torch.tensor([shown]))[0, place]
            token = int(logits.argmax())
            ids.append(token)
            new.append(token)
            if token == end_id and not go_on(end_id):
                break
        return new

    def generate(model, token_ids, n_new, limit, end_id):
        rows = token_ids.tolist()
        new = [one(model, row, n_new, limit, end_id) for row in rows]
        if stop == "any":
            shortest = min(map(len, new))
            new = [row[:shortest] for row in new]
        if not end:
            new = [r[:-1] if r and r[-1] == end_id else r for r in new]
        if prompt:
            return [a + b for a, b in zip(rows, new, strict=True)]
        return new

    return generate


true_generate = generate_by()
SLIPS = [
    Mistake(
        generate_by(stop="any"),
        "All rows stop as soon as one has ended. Each goes on until its own "
        "end.",
    ),
    Mistake(
        generate_by(go_on=lambda end_id: True),
        "Rows go on behind their end id. Cut each off there.",
    ),
    Mistake(
        generate_by(go_on=lambda end_id: end_id == 0),
        "With end_id 0 no row ends: 0 is an id like the others, but `if "
        "end_id` takes it for none.",
    ),
    Mistake(generate_by(prompt=True), "Return the new ids only."),
    Mistake(
        generate_by(end=False),
        "The end id itself is part of the answer: it says that the row "
        "ended, and was not cut off.",
    ),
    Mistake(
        generate_by(crop="first"),
        "When the text outgrows the context, the model sees the *last* "
        "tokens; you show the first ones.",
    ),
    Mistake(
        generate_by(place=0),
        "The next token is predicted behind the last id: logits[:, -1].",
    ),
    Mistake(
        generate_by(crop="one"),
        "You drop one id when the text is too long. A prompt may be longer "
        "than the context by more: show the last context_length ids.",
    ),
]


def ask(s: Session):
    def one(who, seed, limit, ids, n_new, end_id):
        model = source(made_model, "made_model", seed, limit)
        return s.call(who, model, ids, n_new, limit, end_id)

    return one


def drawn(s: Session, ends: bool, n_rows=None):
    limit = s.rng.randint(4, 7)
    n = s.rng.randint(1, limit + 3)
    ids = s.numbers.integers(0, VOCAB, (n_rows or s.rng.randint(1, 4), n))
    end_id = s.rng.randrange(VOCAB) if ends else VOCAB + 1
    return s.rng.randint(1, 99), limit, ids, s.rng.randint(6, 9), end_id


def told_apart(s: Session, ends: bool) -> list[tuple]:
    """Cases on which each known mistake errs."""
    one, found, unseen = ask(s), [], list(SLIPS if ends else SLIPS[5:])
    while unseen or len(found) < 4:
        case = drawn(s, ends, s.rng.randint(2, 4))
        want = one(true_generate, *case)
        still = [m for m in unseen if outcome(one, (m.value, *case)) == want]
        if len(still) < len(unseen) or len(found) < 4:
            found.append(case)
        unseen = still
    return found


def checked_cases(s: Session, cases: list[tuple], checked: str, look: str):
    s.matches(
        "generate",
        true_generate,
        cases,
        ask=ask(s),
        checked=checked,
        look=look,
        mistakes=SLIPS,
    )


@ex7.check("the most probable token, again and again", points=3)
def plain(s: Session):
    checked_cases(
        s,
        [drawn(s, ends=False, n_rows=1), *told_apart(s, ends=False)],
        "generate without an end id in the text",
        "Show the model the last context_length ids, take the largest logit "
        "behind the last of them, append, repeat. Return lists of new ids.",
    )
    for base, gap, look in (
        (
            0.5,
            1e-12,
            "The logits are float64, and only there do they differ: compare "
            "them as they come, without .float() or .bfloat16().",
        ),
        (
            800.0,
            100.0,
            "exp(800) and exp(900) are both infinite: compare the logits "
            "themselves.",
        ),
    ):
        model = source(made_rivals, "made_rivals", base, gap)
        s.equal(
            s.call("generate", model, np.array([[0], [1]]), 4, 5, VOCAB),
            [[1, 0, 1, 0], [0, 1, 0, 1]],
            checked=f"generate with logits {base:g} and {base:g} + {gap:g}",
            look=look,
        )
    prompts = s.numbers.integers(0, VOCAB, (2, 5))
    s.keeps(
        "generate",
        source(made_model, "made_model", 1, 5),
        prompts,
        3,
        5,
        VOCAB + 1,
        look="Your code writes into the prompts. A slice such as "
        "token_ids[:, -n:] is a view: what you write into it stands in "
        "token_ids too. torch.cat makes a new tensor.",
    )


@ex7.check("each row stops at its own end", points=4)
def stops(s: Session):
    checked_cases(
        s,
        told_apart(s, ends=True),
        "generate with rows that end at different steps",
        "Remember for each row whether it has ended; stop when all have, or "
        "after n_new tokens.",
    )


@ex7.check("a batch gives what single rows give", points=2)
def single(s: Session):
    one = ask(s)
    for case in told_apart(s, ends=True):
        seed, limit, ids, n_new, end_id = case
        together = one("generate", *case)
        s.equal(
            together,
            one(true_generate, *case),
            checked="generate of the batch, first",
            look="This check waits for the two before.",
        )
        alone = [
            one("generate", seed, limit, row[None], n_new, end_id)
            for row in ids
        ]
        s.equal(
            alone,
            [[row] for row in together],
            checked="each row alone, against the batch",
            look="What a row writes must not depend on its neighbours.",
        )
    s.equal(
        one("generate", seed, limit, ids, 0, end_id),
        [[] for _ in ids],
        checked="generate with n_new = 0",
        look="Nothing is asked for: a list of empty lists.",
    )
