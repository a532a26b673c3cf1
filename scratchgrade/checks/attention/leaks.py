"""Checks of exercise 4.3: a test that detects a leak."""

from scratchgrade.checks import toy_models
from scratchgrade.checks.kit import Exercise, Session

ex3 = Exercise(
    "4.3",
    "A test that detects a leak",
    needs=("finds_leak",),
    read="Chapter 4, Step 4: Mask",
    tensors=True,
)

# Models for the test: a list of ids goes in, a list of rows comes out, one
# for each id.
START = """
    n = len(ids)
    out = [attend(rows[: i + 1], rows[i]) for i in range(n)]
"""
TIGHT = {
    "causal attention": "",
    "each token by itself": "    out = rows",
    "the first token only": "    out = [rows[0] for _ in ids]",
    "causal attention, with rounding that depends on the length": """
    out = [[(x + 1e7 * n) - 1e7 * n for x in row] for row in out]""",
    "means of all so far": """
    out = [mean(rows[: i + 1]) for i in range(n)]""",
}
LEAKING = {
    "attention to all tokens": """
    out = [attend(rows, row) for row in rows]""",
    "the next token": """
    out = [mean([out[i], rows[min(i + 1, n - 1)]]) for i in range(n)]""",
    "the second token, seen by the first alone": """
    if n > 1:
        out[0] = mean([out[0], rows[1]])""",
    "the last token, seen by the one before it alone": """
    if n > 5:
        out[4] = mean([out[4], rows[5]])""",
    "a norm over all positions": """
    center = mean(out)
    out = [[x - c for x, c in zip(row, center)] for row in out]""",
    "one number of four": """
    out = [r[:3] + [attend(rows, rows[i])[3]] for i, r in enumerate(out)]""",
    "a thousandth of a later token": """
    out = [[x + 1e-3 * y for x, y in zip(row, rows[-1])] for row in out]""",
    "the number of tokens": """
    out = [[x / n for x in row] for row in out]""",
}
LOOKS = {
    "each token by itself": "Position i may depend on id i: compare the "
    "positions *before* the change only.",
    "causal attention, with rounding that depends on the length": "Sums are "
    "rounded: numbers that differ by less than 1e-6 count as equal.",
    "attention to all tokens": "Shapes say nothing. Change a later id, or "
    "leave it out, and compare the numbers of the earlier positions.",
    "the second token, seen by the first alone": "One place to cut is not "
    "enough: try every place, so that each token is once the first one that "
    "is missing.",
    "the last token, seen by the one before it alone": "The last token may "
    "be the one that leaks: cut there too.",
    "a norm over all positions": "Something of *all* tokens reaches each: "
    "compare all positions before the change.",
    "one number of four": "Three numbers of four agree: compare all of them.",
    "a thousandth of a later token": "A small leak is a leak; training finds "
    "it. Compare to 1e-6, not to 1e-2.",
    "the number of tokens": "A model that knows how many tokens follow knows "
    "the future too: compare with the text cut off, not only changed.",
}


def made(s: Session, body: str) -> dict:
    return toy_models.model(s.rng, START + body + "\n    return out\n")


def judge(s: Session, label: str, body: str, ids: list[int], want: bool):
    got = s.call("finds_leak", made(s, body), list(ids))
    s.true(
        got is want,
        checked=f"finds_leak of a model with {label}",
        came_out=f"{got!r:.60}, expected {want}",
        look=LOOKS.get(
            label,
            "True if what a model says at some position changes when later "
            "ids do, or are not there.",
        ),
    )


def some_ids(s: Session) -> list[int]:
    return s.rng.sample(range(2, 40), 6)


def waits(s: Session) -> None:
    """Fail a test that says the same of every model."""
    everything = "attention to all tokens"
    for body, want in (("", False), (LEAKING[everything], True)):
        got = s.call("finds_leak", made(s, body), some_ids(s))
        s.true(
            got is want,
            checked=f"finds_leak of {everything if want else 'a tight model'}",
            came_out=f"{got!r:.60}, expected {want}",
            look=LOOKS[everything] if want else LOOKS["each token by itself"],
        )


@ex3.check("models that are tight", points=3)
def tight(s: Session):
    waits(s)
    for label, body in TIGHT.items():
        judge(s, label, body, some_ids(s), False)


@ex3.check("models that leak", points=4)
def leaking(s: Session):
    waits(s)
    for label, body in LEAKING.items():
        judge(s, label, body, some_ids(s), True)
    s.keeps("finds_leak", made(s, ""), some_ids(s))


@ex3.check("texts of one token and of equal tokens", points=1)
def trivial(s: Session):
    waits(s)
    t = s.rng.randint(2, 40)
    label = "the next token"
    judge(s, label, LEAKING[label], [t], False)
    judge(s, label, LEAKING[label], [t, t + 1], True)
    judge(
        s,
        "the number of tokens",
        LEAKING["the number of tokens"],
        [t] * 3,
        True,
    )
