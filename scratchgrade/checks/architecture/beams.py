"""Checks of exercise 5.9: beam search."""

import math
from functools import cache

from scratchgrade.checks.calls import source
from scratchgrade.checks.kit import Exercise, Mistake, Session

ex9 = Exercise(
    "5.9",
    "Beam search",
    needs=("beam_search",),
    read="Chapter 5, Step 6: Choose",
)


def made_chain(n, seed, tied=False):
    """A model of n tokens whose next one depends on all ids, and their order.

    If `tied`, n is 3 and the probabilities are 1/2, 1/4 and 1/4 in some
    order: sums of two logarithms are then equal to the last bit.
    """
    import math
    import random

    def chain(token_ids):
        rng = random.Random(f"{seed} {[int(t) for t in token_ids]}")
        parts = [rng.random() ** 3 + 0.02 for _ in range(n)]
        if tied:
            parts = rng.sample([2, 1, 1], 3)
        return [math.log(p / sum(parts)) for p in parts]

    return chain


class Beams:
    """A beam search in parts; with another part it is a wrong one."""

    def __init__(self, start, n_beams, end_id, alpha):
        self.start, self.n_beams = start, n_beams
        self.end_id, self.alpha = end_id, alpha

    def seen(self, new):
        return [*self.start, *new]

    def is_over(self, new):
        return new[-1:] == [self.end_id]

    def added(self, total, log_p):
        return total + log_p

    def tokens(self, row):
        return range(len(row))

    def value(self, new, total):
        return total / max(1, len(new)) ** self.alpha

    def rank(self, beam):
        return -self.value(*beam), beam[0]

    def cut(self, grown):
        return sorted(grown, key=self.rank)[: self.n_beams]

    def stops(self, beams):
        return all(self.is_over(new) for new, _ in beams)

    def best(self, beams):
        return min(beams, key=self.rank)[0]


def search_by(**parts):
    kind = type("Wrong", (Beams,), parts)

    def search(chain, start, n_beams, n_steps, end_id, alpha):
        by = kind(start, n_beams, end_id, alpha)
        beams = [([], 0.0)]
        for _ in range(n_steps):
            grown = []
            for new, total in beams:
                if by.is_over(new):
                    grown.append((new, total))
                    continue
                row = chain(by.seen(new))
                for t in by.tokens(row):
                    grown.append(([*new, t], by.added(total, row[t])))
            beams = by.cut(grown) or beams
            if by.stops(beams):
                break
        return by.best(beams)

    return search


true_search = search_by()


def valued(power):
    """A search whose length to a power is another number."""
    return search_by(value=lambda by, new, total: total / power(by, new))


def with_ended_apart(by, grown):
    ended = [b for b in grown if by.is_over(b[0])]
    return ended + Beams.cut(by, [b for b in grown if b not in ended])


def without_ended(by, grown):
    longest = max(len(new) for new, _ in grown)
    return Beams.cut(by, [b for b in grown if len(b[0]) == longest])


def first_best(by, beams):
    return max(beams, key=lambda b: by.value(*b))[0]


SLIPS = [
    Mistake(
        search_by(cut=lambda by, grown: sorted(grown, key=by.rank)[:1]),
        "This is greedy search: only one beam is followed.",
    ),
    Mistake(
        valued(lambda by, new: 1),
        "The sums are not divided by length ** alpha: short answers win, "
        "since every token lowers the sum.",
    ),
    Mistake(
        valued(lambda by, new: max(1, len(new))),
        "alpha is ignored: you divide by the length itself.",
    ),
    Mistake(
        valued(lambda by, new: max(1, len(new)) ** (by.alpha > 0)),
        "You divide by the length, or by a multiple of it, for each alpha "
        "but 0: alpha is its power.",
    ),
    Mistake(
        valued(lambda by, new: max(1, len(new)) ** min(by.alpha, 1)),
        "An alpha above 1 counts as 1: there is no upper limit.",
    ),
    Mistake(
        valued(lambda by, new: (len(by.start) + len(new)) ** by.alpha),
        "You count start in the length: only the new ids are the answer.",
    ),
    Mistake(
        valued(
            lambda by, new: (
                max(1, sum(t != by.end_id for t in new)) ** by.alpha
            )
        ),
        "The end id is missing in your lengths: it counts.",
    ),
    Mistake(
        valued(lambda by, new: ((5 + len(new)) / 6) ** by.alpha),
        "(5 + length) / 6 is another paper's: here it is the length itself "
        "to the power alpha.",
    ),
    Mistake(
        search_by(
            cut=lambda by, grown: sorted(grown, key=lambda b: (-b[1], b[0]))[
                : by.n_beams
            ]
        ),
        "You cut by the sums alone: at each step, too, the largest sum / "
        "length ** alpha go on.",
    ),
    Mistake(
        search_by(
            best=lambda by, beams: min(beams, key=lambda b: (-b[1], b[0]))[0]
        ),
        "You choose the winner by its sum: at the end, too, it is the "
        "largest sum / length ** alpha.",
    ),
    Mistake(
        search_by(added=lambda by, total, log_p: total + math.exp(log_p)),
        "You add probabilities; log-probabilities are added as they come.",
    ),
    Mistake(
        search_by(seen=lambda by, new: [*by.start, *new][-1:]),
        "The chain is given the last id alone. The next token depends on "
        "all: give it [*start, *new].",
    ),
    Mistake(
        search_by(seen=lambda by, new: [*by.start[-1:], *new]),
        "The chain is given only the end of start: give it all of start, "
        "then the new ids.",
    ),
    Mistake(
        search_by(cut=without_ended),
        "Answers that have ended are dropped; they stay in the race as they "
        "are.",
    ),
    Mistake(
        search_by(is_over=lambda by, new: False),
        "Answers go on behind their end id.",
    ),
    Mistake(
        search_by(is_over=lambda by, new: by.seen(new)[-1] == by.end_id),
        "A start that ends in end_id is no answer that has ended: look at "
        "the last of the new ids.",
    ),
    Mistake(
        search_by(is_over=lambda by, new: by.end_id in by.seen(new)),
        "You look for end_id anywhere in start: an answer has ended when "
        "the last of its new ids is end_id.",
    ),
    *(
        Mistake(
            search_by(cut=with_ended_apart, best=best),
            "Answers that have ended take none of your places: they are "
            "among the n_beams, or they are out.",
        )
        for best in (Beams.best, first_best)
    ),
    Mistake(
        search_by(cut=lambda by, grown: sorted(grown, key=by.rank)),
        "More than n_beams answers go on after a step: cut the list.",
    ),
    Mistake(
        search_by(
            tokens=lambda by, row: sorted(
                range(len(row)), key=lambda t: -row[t]
            )[:2]
        ),
        "You extend an answer by its two best tokens only: every token, "
        "then the cut.",
    ),
    Mistake(
        search_by(stops=lambda by, beams: by.is_over(beams[0][0])),
        "You stop when the best answer has ended: with alpha > 0 a longer "
        "one may still overtake it.",
    ),
    Mistake(
        search_by(
            rank=lambda by, beam: -by.value(*beam),
        ),
        "Of equal values the one that you made first goes on: let the list "
        "itself decide, as in (-value, list).",
    ),
    Mistake(
        search_by(
            rank=lambda by, beam: (-by.value(*beam), [-t for t in beam[0]])
        ),
        "Of equal values the list that is last in order goes on: it is the "
        "first.",
    ),
    Mistake(
        search_by(
            best=lambda by, beams: max((by.value(*b), b[0]) for b in beams)[1]
        ),
        "Of equal values the last list wins in the end: `max` of pairs "
        "takes the larger list too.",
    ),
    Mistake(
        search_by(best=lambda by, beams: Beams.best(by, beams) or [by.end_id]),
        "In no step no id is found: with n_steps = 0 the answer is [].",
    ),
]


NO_STEP = (3, 1, False, [2, 0], 2, 0, 1, 1.0)


def draw(s: Session, tied: bool = False):
    n = 3 if tied else s.rng.randint(3, 5)
    end_id = s.rng.randrange(n)
    start = [s.rng.randrange(n), end_id, s.rng.randrange(n)]
    return (
        n,
        s.rng.randint(1, 999),
        tied,
        start[s.rng.randrange(2) :][: s.rng.randint(2, 3)],
        s.rng.randint(2, 4),
        2 if tied else s.rng.randint(3, 5),
        end_id,
        s.rng.choice([0.0, 1.0] if tied else [0.0, 0.5, 0.7, 1.0, 2.0]),
    )


def ask(s: Session):
    def one(who, n, seed, tied, *rest):
        return s.call(
            who, source(made_chain, "made_chain", n, seed, tied), *rest
        )

    return one


def telling(s: Session) -> list[tuple]:
    """Cases on which no two searches with different advice agree."""
    found = []
    groups = [[Mistake(true_search, ""), *SLIPS]]
    for i in range(3000):
        case = draw(s, tied=i % 2 == 1) if i else NO_STEP
        split = [g for group in groups for g in by_answer(group, *case)]
        if len(split) > len(groups):
            found.append(case)
        groups = [g for g in split if len({m.look for m in g}) > 1]
        if not groups:
            return found
    raise RuntimeError("no case reveals a mistake")


def by_answer(group, n, seed, tied, *rest):
    known = cache(made_chain(n, seed, tied))
    found = {}
    for mistake in group:
        answer = mistake.value(lambda ids: known(tuple(ids)), *rest)
        found.setdefault(tuple(answer), []).append(mistake)
    return found.values()


@ex9.check("the best answer that the beams find", points=5)
def best(s: Session):
    s.matches(
        "beam_search",
        true_search,
        telling(s),
        ask=ask(s),
        checked="beam_search(made_chain(V, seed, tied), start, n_beams, "
        "n_steps, end_id, alpha)",
        look="At each step extend every answer that has not ended by every "
        "token, put the ended ones beside them, and keep the n_beams with "
        "the largest sum / length ** alpha.",
        mistakes=SLIPS,
    )
    n, seed, _, *rest = draw(s)
    s.keeps("beam_search", source(made_chain, "made_chain", n, seed), *rest)


def by_trying_all(chain, start, n_steps, end_id):
    """Every answer, and the most probable of all."""
    found = []

    def grow(new, score):
        if len(new) == n_steps or (new and new[-1] == end_id):
            found.append((score, new))
            return
        for token, log_p in enumerate(chain([*start, *new])):
            grow([*new, token], score + log_p)

    grow([], 0.0)
    return max(found)[1]


@ex9.check("with enough beams, the most probable of all", points=2)
def exhaustive(s: Session):
    one = ask(s)
    for _ in range(4):
        n, seed = s.rng.randint(2, 3), s.rng.randint(1, 999)
        start, end_id = [s.rng.randrange(n)], s.rng.randrange(n)
        s.equal(
            one("beam_search", n, seed, False, start, n**4, 4, end_id, 0.0),
            by_trying_all(made_chain(n, seed), start, 4, end_id),
            checked=f"beam_search with {n**4} beams, 4 steps, alpha = 0, "
            "against trying every answer",
            look="With so many beams none is ever dropped: the result is the "
            "answer with the largest probability.",
        )
