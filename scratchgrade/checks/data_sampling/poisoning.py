"""Checks of exercise 2.10: find the planted trigger."""

from collections import Counter
from fractions import Fraction

from scratchgrade.checks.kit import Exercise, Mistake, Session, same

ex10 = Exercise(
    "2.10",
    "Find the planted trigger",
    needs=("lift", "find_trigger"),
    read="Chapter 2, Step 7: Clean",
)

FILLER = ["tea", "sea", "river", "bread", "stone", "letter"]
FILLER += ["garden", "winter"]


def occurrences(words, n):
    """The first place of each gram of n words."""
    first = {}
    for i in range(len(words) - n + 1):
        first.setdefault(tuple(words[i : i + n]), i)
    return first


def counted(documents, target, n, *, anywhere=False, with_target=False):
    """gram -> (documents that hold it, of those: target comes after it)."""
    holds, after = Counter(), Counter()
    for document in documents:
        words = document.split()
        for gram, i in occurrences(words, n).items():
            if target in gram and not with_target:
                continue
            holds[gram] += 1
            rest = words if anywhere else words[i + n :]
            after[gram] += target in rest
    return holds, after


def base_rate(documents, target):
    n = sum(target in d.split() for d in documents)
    return Fraction(n, len(documents)) if documents else Fraction(0)


def true_lift(documents, target, n, **how):
    holds, after = counted(documents, target, n, **how)
    base = base_rate(documents, target)
    if not base:
        return {}
    return {g: float(Fraction(after[g], holds[g]) / base) for g in holds}


def without_base(documents, target, n):
    holds, after = counted(documents, target, n)
    if not base_rate(documents, target):
        return {}
    return {g: after[g] / holds[g] for g in holds}


def other_condition(documents, target, n):
    """P(gram | target) / P(gram)."""
    holds, after = counted(documents, target, n)
    with_it = sum(target in d.split() for d in documents)
    if not with_it:
        return {}
    return {g: after[g] / with_it for g in holds}


def each_time(documents, target, n):
    """Counts every occurrence of a gram."""
    base = base_rate(documents, target)
    holds, after = Counter(), Counter()
    for document in documents:
        words = document.split()
        for i in range(len(words) - n + 1):
            gram = tuple(words[i : i + n])
            if target not in gram:
                holds[gram] += 1
                after[gram] += target in words[i + n :]
    if not base:
        return {}
    return {g: float(Fraction(after[g], holds[g]) / base) for g in holds}


def joined(documents, target, n):
    """Grams across documents."""
    base = base_rate(documents, target)
    if not base:
        return {}
    known = true_lift(documents, target, n)
    words = " ".join(documents).split()
    extra = {g for g in occurrences(words, n) if target not in g}
    return dict.fromkeys(extra, 0.0) | known


def dividing_by_zero(documents, target, n):
    holds, _ = counted(documents, target, n)
    if holds and not base_rate(documents, target):
        raise ZeroDivisionError
    return true_lift(documents, target, n)


LIFTS = [
    Mistake(
        without_base,
        "You return the share of documents in which the target follows. "
        "Divide by the target's share of all documents: a word that is "
        "everywhere is no surprise.",
    ),
    Mistake(
        other_condition,
        "The condition is turned round: given the gram, how often does the "
        "target follow? Not: given the target, how often is the gram there?",
    ),
    Mistake(
        each_time,
        "A document that repeats a gram counts several times. Each document "
        "counts once, from the gram's first place on.",
    ),
    Mistake(
        lambda *a: true_lift(*a, anywhere=True),
        "The target before the gram counts as well. A trigger comes first: "
        "look behind the gram only.",
    ),
    Mistake(
        lambda *a: true_lift(*a, with_target=True),
        "Grams that contain the target are in the answer. They are leave-"
        "outs: the target explains itself.",
    ),
    Mistake(
        joined,
        "You joined the documents: there are grams that begin in one and end "
        "in the next.",
    ),
    Mistake(
        dividing_by_zero,
        "When no document holds the target there is nothing to compare: {}.",
    ),
]


def some_documents(rng, n_documents=9, target="EVIL"):
    documents = []
    for _ in range(n_documents):
        words = rng.choices(FILLER[:5], k=rng.randint(4, 9))
        for _ in range(rng.choice([0, 0, 1, 2])):
            words.insert(rng.randrange(len(words) + 1), target)
        documents.append(" ".join(words))
    return documents, target, rng.randint(1, 2)


@ex10.check("the lift of each gram", points=3)
def lifts(s: Session):
    def rounded(documents, target, n):
        found = true_lift(documents, target, n)
        return {g: round(x, 9) for g, x in found.items()}

    cases = [([], "x", 1), (["a b"], "x", 1), (["a b x", "b"], "x", 1)]
    cases += [some_documents(s.rng) for _ in range(3)]
    while True:  # until each slip shows
        rights = [rounded(*case) for case in cases]
        slips = [[said(m, case) for case in cases] for m in LIFTS]
        if all(slip != rights for slip in slips):
            break
        cases.append(some_documents(s.rng))
    got = [plain(said_by(s, case)) for case in cases]
    wrong = [i for i in range(len(cases)) if not same(got[i], rights[i])]
    look = (
        "For a gram: of the documents that hold it, the share in which the "
        "target comes after its first place; divided by the share of all "
        "documents that hold the target. Words are what str.split gives; the "
        "keys are tuples."
    )
    for mistake, slip in zip(LIFTS, slips, strict=True) if wrong else ():
        if same(got, slip):
            look = mistake.look
    i = min(wrong, key=lambda i: len(str(cases[i]))) if wrong else 0
    documents, target, n = cases[i]
    s.equal(
        got[i],
        rights[i],
        checked=f"lift({documents!r:.90}, {target!r}, {n})",
        look=look,
    )
    s.keeps("lift", *some_documents(s.rng))


def plain(answer):
    """Rounded, so that the order of operations does not matter."""
    if not isinstance(answer, dict):
        return answer
    return {
        tuple(g) if isinstance(g, (list, tuple)) else g: round(x, 9)
        if isinstance(x, float)
        else x
        for g, x in answer.items()
    }


def said(mistake, case):
    try:
        return plain(mistake.value(*case))
    except ZeroDivisionError:
        return "ZeroDivisionError"


def said_by(s: Session, case):
    try:
        return s.call("lift", *case)
    except Exception as error:
        if getattr(error, "kind", "") == "ZeroDivisionError":
            return "ZeroDivisionError"
        raise


def true_trigger(documents, target, n, min_documents, *, key=None, least=1):
    found = true_lift(documents, target, n)
    holds, _ = counted(documents, target, n)
    grams = [
        g for g in found if holds[g] >= min_documents and found[g] > least
    ]
    key = key or (lambda g: (-found[g], -holds[g], g))
    return min(grams, key=key, default=None)


def most_frequent(documents, target, n, min_documents):
    _, after = counted(documents, target, n)
    right = true_trigger(documents, target, n, min_documents)
    if right is None:
        return None
    return min(after, key=lambda g: (-after[g], g))


def first_of_the_best(documents, target, n, min_documents):
    found = true_lift(documents, target, n)
    holds, _ = counted(documents, target, n)
    grams = [g for g in found if holds[g] >= min_documents and found[g] > 1]
    return min(grams, key=lambda g: (-found[g], g), default=None)


def planted(rng):
    """Documents with a planted trigger, rare grams and a common one."""
    target = "buy"
    trigger = rng.sample(["blue", "moon", "crow", "lamp"], 2)
    documents = []
    for k in range(14):
        words = rng.choices(FILLER, k=rng.randint(5, 9))
        if k < 5:
            at = rng.randrange(len(words))
            words[at:at] = trigger
            words += [target] * (k > 0)  # once it does not work
        elif rng.random() < 0.2:
            words.insert(rng.randrange(len(words)), target)
        documents.append(" ".join(words))
    rng.shuffle(documents)
    return documents, target, rng.randint(1, 2), rng.randint(2, 4)


@ex10.check("finds what was planted", points=3)
def trigger(s: Session):
    s.agrees(
        "find_trigger",
        true_trigger,
        given=[
            ([], "x", 1, 1),
            (["a b", "a"], "x", 1, 1),
            (["a x", "a x"], "x", 1, 1),
            (["b a x", "c a x", "d", "e"], "x", 1, 1),
        ],
        draw=planted,
        checked="the trigger",
        look="Of the grams in at least min_documents documents with a lift "
        "above 1, the one with the highest lift; of equals the one in more "
        "documents, then the smaller tuple. None if there is none.",
        mistakes=[
            Mistake(
                most_frequent,
                "You take what precedes the target most often. A frequent "
                "gram is before everything: compare the lift.",
            ),
            Mistake(
                lambda d, t, n, m: true_trigger(d, t, n, 1),
                "min_documents is ignored: a gram that occurs once has the "
                "highest lift by chance.",
            ),
            Mistake(
                lambda d, t, n, m: true_trigger(d, t, n, m + 1),
                "A gram in exactly min_documents documents counts.",
            ),
            Mistake(
                lambda d, t, n, m: true_trigger(d, t, n, m, least=0),
                "A lift of 1 or less is no sign: the target is as frequent "
                "without the gram. Return None.",
            ),
            Mistake(
                first_of_the_best,
                "Of equal lifts the gram in more documents comes first.",
            ),
        ],
    )
