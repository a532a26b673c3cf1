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
    "one number in four that differs by 9e-7": """
    out = [[r[0] + 9e-7 * (n % 2)] + r[1:] for r in out]""",
    "four numbers that differ by 9e-7 each": """
    d = 9e-7 * (n % 2)
    out = [[a + d, b - d, c + d, e - d] for a, b, c, e in out]""",
    "means of all so far": """
    out = [mean(rows[: i + 1]) for i in range(n)]""",
}
LEAKING = {
    "attention to all tokens": """
    out = [attend(rows, row) for row in rows]""",
    "numbers that rise with every later token": """
    out = [[x + 1e-3 * sum(ids) for x in row] for row in out]""",
    "numbers that fall with every later token": """
    out = [[x - 1e-3 * sum(ids) for x in row] for row in out]""",
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
    "two numbers that change by opposite amounts": """
    out = [r[:2] + [r[2] + 1e-3 * n, r[3] - 1e-3 * n] for r in out]""",
    "the token after the next": """
    out = [mean([out[i], rows[i + 2]]) if i + 2 < n else out[i]
           for i in range(n)]""",
    "the fourth token of ten, seen by the third alone": """
    if n > 3:
        out[2] = mean([out[2], rows[3]])""",
    "the eighth token of ten, seen by the seventh alone": """
    if n > 7:
        out[6] = mean([out[6], rows[7]])""",
    "a leak of 5e-6": """
    out = [[1e-3 * x + 5e-6 * (n % 2) for x in row] for row in out]""",
    "a leak of 5e-6 in numbers near 20,000": """
    out = [[2e4 + x + 5e-6 * (n % 2) for x in row] for row in out]""",
    "a leak of 3e-6 in the first number": """
    out = [[r[0] + 3e-6 * (n % 2)] + r[1:] for r in out]""",
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
    "one number in four that differs by 9e-7": "9e-7 is less than 1e-6, so "
    "these count as equal. Compare the difference to 1e-6 itself; rounded "
    "numbers may part however close they are.",
    "four numbers that differ by 9e-7 each": "Each difference is less than "
    "1e-6, only their sum or distance is not: compare number by number.",
    "numbers that rise with every later token": "Here the whole text always "
    "gives the larger number: take abs() of the difference.",
    "numbers that fall with every later token": "Here the whole text always "
    "gives the smaller number: take abs() of the difference.",
    "two numbers that change by opposite amounts": "The changes of a row "
    "cancel in its sum: compare number by number.",
    "the token after the next": "One more token changes nothing yet, two do: "
    "compare each beginning with the whole text.",
    "the fourth token of ten, seen by the third alone": "A cut near the "
    "start and one near the end miss what lies between: try every place.",
    "the eighth token of ten, seen by the seventh alone": "A text has up to "
    "ten ids: go on cutting until the last.",
    "a leak of 5e-6": "5e-6 is more than 1e-6: your bound is too large.",
    "a leak of 5e-6 in numbers near 20,000": "A bound that grows with the "
    "numbers, as rtol of allclose and rel_tol of isclose, and float32 too, "
    "hide what is small beside them: the 1e-6 are absolute.",
    "a leak of 3e-6 in the first number": "Only the first number of a row "
    "leaks: neither another one nor a mean shows it.",
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


def some_ids(s: Session, label: str = "") -> list[int]:
    return s.rng.sample(range(2, 40), 10 if "of ten" in label else 6)


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
        judge(s, label, body, some_ids(s, label), True)
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
