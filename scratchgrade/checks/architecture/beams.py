"""Checks of exercise 5.9: beam search."""

import math

from scratchgrade.checks.calls import source
from scratchgrade.checks.kit import Exercise, Mistake, Session

ex9 = Exercise(
    "5.9",
    "Beam search",
    needs=("beam_search",),
    read="Chapter 5, Step 6: Choose",
)


def made_chain(rows):
    """A model: log-probabilities by the last id, as a list."""
    import math

    def chain(token_ids):
        return [math.log(p) for p in rows[token_ids[-1]]]

    return chain


def search_by(
    alpha=None, keep_ended=True, extend=False, worst=False, plain=False
):
    """Beams as lists; each part can be a wrong one."""

    def search(chain, start, n_beams, n_steps, end_id, given):
        power = given if alpha is None else alpha

        def value(beam):
            new, score = beam
            if plain:
                return math.exp(score) / max(1, len(new)) ** power
            return score / max(1, len(new)) ** power

        beams = [([], 0.0)]
        for _ in range(n_steps):
            grown = []
            for new, score in beams:
                if new and new[-1] == end_id and not extend:
                    if keep_ended:
                        grown.append((new, score))
                    continue
                for token, p in enumerate(chain([*start, *new])):
                    grown.append(([*new, token], score + p))
            if not grown:
                break
            grown.sort(key=lambda beam: (-value(beam), beam[0]))
            beams = grown[:n_beams]
        best = max if not worst else min
        return best(beams, key=lambda beam: value(beam))[0]

    return search


true_search = search_by()


def greedy(chain, start, n_beams, n_steps, end_id, alpha):
    return true_search(chain, start, 1, n_steps, end_id, alpha)


SLIPS = [
    Mistake(greedy, "This is greedy search: only one beam is followed."),
    Mistake(
        search_by(alpha=0.0),
        "The sums are not divided by length ** alpha: short answers win, "
        "since every token lowers the sum.",
    ),
    Mistake(
        search_by(alpha=1.0),
        "alpha is ignored: you divide by the length itself.",
    ),
    Mistake(
        search_by(keep_ended=False),
        "Answers that have ended are dropped; they stay in the race as they "
        "are.",
    ),
    Mistake(
        search_by(extend=True),
        "Answers go on behind their end id.",
    ),
]


def distribution(rng, n):
    parts = [rng.random() ** 3 + 0.02 for _ in range(n)]
    return [p / sum(parts) for p in parts]


def draw(s: Session):
    n = s.rng.randint(3, 5)
    rows = [distribution(s.rng, n) for _ in range(n)]
    alpha = s.rng.choice([0.0, 0.5, 0.7, 1.0])
    return (
        rows,
        [s.rng.randrange(n)],
        s.rng.randint(2, 4),
        s.rng.randint(2, 5),
        s.rng.randrange(n),
        alpha,
    )


def ask(s: Session):
    def one(who, rows, *rest):
        return s.call(who, source(made_chain, "made_chain", rows), *rest)

    return one


def telling(s: Session) -> list[tuple]:
    """Cases on which no two of the known mistakes, nor truth, agree."""
    one, found = ask(s), []
    searches = [true_search, *(m.value for m in SLIPS)]
    answers = [[] for _ in searches]
    for _ in range(2000):
        case = draw(s)
        before = len({repr(a) for a in answers})
        tried = [
            [*a, one(f, *case)] for a, f in zip(answers, searches, strict=True)
        ]
        after = len({repr(a) for a in tried})
        if after > before or len(found) < 5:
            found.append(case)
            answers = tried
        if after == len(searches) and len(found) >= 5:
            return found
    raise RuntimeError("no case reveals a mistake")


@ex9.check("the best answer that the beams find", points=5)
def best(s: Session):
    s.matches(
        "beam_search",
        true_search,
        telling(s),
        ask=ask(s),
        checked="beam_search(chain, start, n_beams, n_steps, end_id, alpha)",
        look="At each step extend every answer that has not ended by every "
        "token, put the ended ones beside them, and keep the n_beams with "
        "the largest sum / length ** alpha.",
        mistakes=SLIPS,
    )
    rows, *rest = draw(s)
    s.keeps("beam_search", source(made_chain, "made_chain", rows), *rest)


def by_trying_all(rows, start, n_steps, end_id):
    """Every answer, and the most probable of all."""
    found = []

    def grow(new, score):
        if len(new) == n_steps or (new and new[-1] == end_id):
            found.append((score, new))
            return
        for token, p in enumerate(rows[[*start, *new][-1]]):
            grow([*new, token], score + math.log(p))

    grow([], 0.0)
    return max(found)[1]


@ex9.check("with enough beams, the most probable of all", points=2)
def exhaustive(s: Session):
    one = ask(s)
    for _ in range(4):
        n = s.rng.randint(2, 3)
        rows = [distribution(s.rng, n) for _ in range(n)]
        start, end_id = [s.rng.randrange(n)], s.rng.randrange(n)
        s.equal(
            one("beam_search", rows, start, n**4, 4, end_id, 0.0),
            by_trying_all(rows, start, 4, end_id),
            checked=f"beam_search with {n**4} beams, 4 steps, alpha = 0, "
            "against trying every answer",
            look="With so many beams none is ever dropped: the result is the "
            "answer with the largest probability.",
        )
