"""Checks of exercise 3.9: who knows the order?"""

from scratchgrade.checks import toy_models
from scratchgrade.checks.kit import Exercise, Session

ex9 = Exercise(
    "3.9",
    "Who knows the order?",
    needs=("knows_order",),
    read="Chapter 3, Step 3: Order",
    tensors=True,
)

# Models for the test: a list of ids goes in, a list of numbers comes out, the
# prediction behind the last id.
BLIND = {
    "the last id alone": "    return rows[-1]",
    "a sum in the order of the ids, with its rounding": """
    total = [0.0] * 4
    for row in rows:
        total = add(total, [x * {large} for x in row])
    return [x / {large} for x in total]""",
    "one layer of causal attention without positions": """
    return attend(rows, rows[-1])""",
    "the counts of all ids, and the last": """
    counts = [float(ids.count(t)) for t in sorted(set(ids))]
    return rows[-1] + [math.fsum(c * c for c in counts)]""",
}
KNOWING = {
    "attention with positions": """
    rows = [[x + 0.1 * p * math.cos(i) for i, x in enumerate(row)]
            for p, row in enumerate(rows)]
    return attend(rows, rows[-1])""",
    "two layers of causal attention without positions": """
    rows = [attend(rows[: i + 1], rows[i]) for i in range(len(rows))]
    return attend(rows, rows[-1])""",
    "only the id before the last": "    return rows[-2]",
    "only the middle of what came before": """
    return rows[(len(rows) - 1) // 2]""",
    "only the first id": "    return add(rows[-1], rows[0])",
    "only whether the first id is smaller than the second": """
    return rows[-1] + [float(ids[0] < ids[1])]""",
}


def made(s: Session, body: str) -> dict:
    return toy_models.model(s.rng, body.replace("{large}", "1e8"))


def judged(s: Session, body: str, ids: list[int]):
    got = s.call("knows_order", made(s, body), list(ids))
    s.true(
        type(got) is bool,
        checked="the type of what knows_order returns",
        came_out=f"{got!r:.60}",
        look="Return True or False.",
    )
    return got


def some_ids(s: Session) -> list[int]:
    """Different ids, an odd number of them before the last."""
    return s.rng.sample(range(2, 40), 6)


LOOKS = {
    "the last id alone": "The last id must stay where it is: it is what the "
    "model continues. Only what came before it may change places.",
    "a sum in the order of the ids, with its rounding": "Sums of floats "
    "change by rounding when their order does. Compare with a tolerance, "
    "such as 1e-6.",
    "only the middle of what came before": "Turned round, the middle stays "
    "in its place, and so may other pairs. Try all orders, or many.",
    "only the id before the last": "One exchange is not enough: the one you "
    "try may leave alone what the model looks at.",
    "only whether the first id is smaller than the second": "Many numbers "
    "do not change, and one does: compare all of them.",
    "only the first id": "The first id may be what the model looks at: let "
    "it move too.",
}


def ask_all(s: Session, models: dict[str, str], want: bool):
    for label, body in models.items():
        ids = some_ids(s)
        s.true(
            judged(s, body, ids) is want,
            checked=f"knows_order of a model that uses {label}",
            came_out=f"{not want}, expected {want}",
            look=LOOKS.get(
                label,
                "Same ids before the last, another order: does the output "
                "change?",
            ),
        )


COUNTS = """
    counts = [float(ids.count(t)) for t in sorted(set(ids))]
    return [math.fsum(c * (k + 1) for k, c in enumerate(counts))]"""


def waits(s: Session) -> None:
    """Fail a test that says the same of every model."""
    positions = KNOWING["attention with positions"]
    s.true(
        judged(s, positions, some_ids(s)) is True,
        checked="knows_order of attention with positions, first",
        came_out="False, expected True",
        look="This check waits for a test that finds something.",
    )
    s.true(
        judged(s, COUNTS, some_ids(s)) is False,
        checked="knows_order of a model that only counts, first",
        came_out="True, expected False",
        look="This check waits for a test that does not always say True.",
    )


@ex9.check("models that see a bag", points=4)
def blind(s: Session):
    waits(s)
    ask_all(s, BLIND, False)


@ex9.check("models that know the order", points=5)
def knowing(s: Session):
    waits(s)
    ask_all(s, KNOWING, True)
    s.keeps("knows_order", made(s, KNOWING["only the first id"]), some_ids(s))


@ex9.check("texts that have no other order", points=1)
def trivial(s: Session):
    waits(s)
    s.true(
        judged(s, BLIND["the last id alone"], some_ids(s)) is False,
        checked="knows_order of a model of the last id, first",
        came_out="True, expected False",
        look="This check waits for the first one.",
    )
    t, u = s.rng.sample(range(2, 40), 2)
    body = KNOWING["attention with positions"]
    for ids in ([t], [t, u], [t, t, t, u]):
        s.true(
            judged(s, body, ids) is False,
            checked=f"knows_order of attention with positions for {ids}",
            came_out="True, expected False",
            look="Before the last id there is only one order, so nothing can "
            "be shown: False.",
        )
    ids = [t, u, u + 50]
    s.true(
        judged(s, body, ids) is True,
        checked=f"knows_order of attention with positions for {ids}",
        came_out="False, expected True",
        look="Two ids before the last have two orders.",
    )
