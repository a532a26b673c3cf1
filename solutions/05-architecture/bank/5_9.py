# %% correct: with_a_heap
import heapq


def beam_search(chain, start, n_beams, n_steps, end_id, alpha):
    def rank(item):
        total, ids = item
        return (-total / len(ids) ** alpha if ids else 0.0, ids)

    race = [(0.0, ())]
    for _ in range(n_steps):
        candidates = [item for item in race if item[1][-1:] == (end_id,)]
        for total, ids in race:
            if ids[-1:] != (end_id,):
                row = chain(list(start) + list(ids))
                candidates += [(total + x, (*ids, t)) for t, x in enumerate(row)]
        race = heapq.nsmallest(n_beams, candidates, key=rank)
    return list(min(race, key=rank)[1])


# %% wrong: greedy
# why: one beam
# says: This is greedy search
def beam_search(chain, start, n_beams, n_steps, end_id, alpha):
    """The new ids of the best answer that so many beams find."""
    def value(beam):
        new, total = beam
        return total / max(1, len(new)) ** alpha

    beams = [([], 0.0)]
    for _ in range(n_steps):
        grown = []
        for new, total in beams:
            if new and new[-1] == end_id:
                grown.append((new, total))
                continue
            for token, log_p in enumerate(chain([*start, *new])):
                grown.append(([*new, token], total + log_p))
        beams = sorted(grown, key=lambda b: (-value(b), b[0]))[:1]
    return max(beams, key=value)[0]


# %% wrong: not_normalised
# why: alpha 0
# says: The sums are not divided
def beam_search(chain, start, n_beams, n_steps, end_id, alpha):
    """The new ids of the best answer that so many beams find."""
    def value(beam):
        new, total = beam
        return total / max(1, len(new)) ** 0

    beams = [([], 0.0)]
    for _ in range(n_steps):
        grown = []
        for new, total in beams:
            if new and new[-1] == end_id:
                grown.append((new, total))
                continue
            for token, log_p in enumerate(chain([*start, *new])):
                grown.append(([*new, token], total + log_p))
        beams = sorted(grown, key=lambda b: (-value(b), b[0]))[:n_beams]
    return max(beams, key=value)[0]


# %% wrong: alpha_ignored
# why: alpha 1
# says: alpha is ignored: you divide
def beam_search(chain, start, n_beams, n_steps, end_id, alpha):
    """The new ids of the best answer that so many beams find."""
    def value(beam):
        new, total = beam
        return total / max(1, len(new)) ** 1

    beams = [([], 0.0)]
    for _ in range(n_steps):
        grown = []
        for new, total in beams:
            if new and new[-1] == end_id:
                grown.append((new, total))
                continue
            for token, log_p in enumerate(chain([*start, *new])):
                grown.append(([*new, token], total + log_p))
        beams = sorted(grown, key=lambda b: (-value(b), b[0]))[:n_beams]
    return max(beams, key=value)[0]


# %% wrong: ended_dropped
# why: out of the race
# says: Answers that have ended are dropped
def beam_search(chain, start, n_beams, n_steps, end_id, alpha):
    def value(beam):
        new, total = beam
        return total / max(1, len(new)) ** alpha

    beams = [([], 0.0)]
    for _ in range(n_steps):
        grown = []
        for new, total in beams:
            if new and new[-1] == end_id:
                continue
            for token, log_p in enumerate(chain([*start, *new])):
                grown.append(([*new, token], total + log_p))
        if not grown:
            break
        beams = sorted(grown, key=lambda b: (-value(b), b[0]))[:n_beams]
    return max(beams, key=value)[0]


# %% wrong: ended_extended
# why: end ignored
# says: Answers go on behind their end id
def beam_search(chain, start, n_beams, n_steps, end_id, alpha):
    """The new ids of the best answer that so many beams find."""
    def value(beam):
        new, total = beam
        return total / max(1, len(new)) ** alpha

    beams = [([], 0.0)]
    for _ in range(n_steps):
        grown = []
        for new, total in beams:
            for token, log_p in enumerate(chain([*start, *new])):
                grown.append(([*new, token], total + log_p))
        beams = sorted(grown, key=lambda b: (-value(b), b[0]))[:n_beams]
    return max(beams, key=value)[0]


# %% wrong: start_goes_on
# why: the answer is added to the caller's start
# says: argument 2 of beam_search after the call
def beam_search(chain, start, n_beams, n_steps, end_id, alpha):
    """The new ids of the best answer that so many beams find."""

    def value(beam):
        new, total = beam
        return total / max(1, len(new)) ** alpha

    beams = [([], 0.0)]
    for _ in range(n_steps):
        grown = []
        for new, total in beams:
            if new and new[-1] == end_id:
                grown.append((new, total))
                continue
            for token, log_p in enumerate(chain([*start, *new])):
                grown.append(([*new, token], total + log_p))
        beams = sorted(grown, key=lambda b: (-value(b), b[0]))[:n_beams]
    n = len(start)
    start += max(beams, key=value)[0]
    return start[n:]


# %% wrong: alpha_as_a_switch
# why: only whether alpha is 0 counts
# says: for each alpha but 0
def beam_search(chain, start, n_beams, n_steps, end_id, alpha):
    """The new ids of the best answer that so many beams find."""

    def value(beam):
        new, total = beam
        return total / max(1, len(new)) ** (1 if alpha else 0)

    beams = [([], 0.0)]
    for _ in range(n_steps):
        grown = []
        for new, total in beams:
            if new and new[-1] == end_id:
                grown.append((new, total))
                continue
            for token, log_p in enumerate(chain([*start, *new])):
                grown.append(([*new, token], total + log_p))
        beams = sorted(grown, key=lambda b: (-value(b), b[0]))[:n_beams]
    return max(beams, key=value)[0]


# %% wrong: alpha_at_most_one
# why: alpha is taken for a share
# says: An alpha above 1 counts as 1
def beam_search(chain, start, n_beams, n_steps, end_id, alpha):
    """The new ids of the best answer that so many beams find."""

    def value(beam):
        new, total = beam
        return total / max(1, len(new)) ** min(alpha, 1)

    beams = [([], 0.0)]
    for _ in range(n_steps):
        grown = []
        for new, total in beams:
            if new and new[-1] == end_id:
                grown.append((new, total))
                continue
            for token, log_p in enumerate(chain([*start, *new])):
                grown.append(([*new, token], total + log_p))
        beams = sorted(grown, key=lambda b: (-value(b), b[0]))[:n_beams]
    return max(beams, key=value)[0]


# %% wrong: start_in_the_length
# why: the length of all ids
# says: You count start in the length
def beam_search(chain, start, n_beams, n_steps, end_id, alpha):
    """The new ids of the best answer that so many beams find."""

    def value(beam):
        new, total = beam
        return total / (len(start) + len(new)) ** alpha

    beams = [([], 0.0)]
    for _ in range(n_steps):
        grown = []
        for new, total in beams:
            if new and new[-1] == end_id:
                grown.append((new, total))
                continue
            for token, log_p in enumerate(chain([*start, *new])):
                grown.append(([*new, token], total + log_p))
        beams = sorted(grown, key=lambda b: (-value(b), b[0]))[:n_beams]
    return max(beams, key=value)[0]


# %% wrong: end_not_in_the_length
# why: the end id is taken for no token
# says: The end id is missing in your lengths
def beam_search(chain, start, n_beams, n_steps, end_id, alpha):
    """The new ids of the best answer that so many beams find."""

    def value(beam):
        new, total = beam
        return total / max(1, sum(t != end_id for t in new)) ** alpha

    beams = [([], 0.0)]
    for _ in range(n_steps):
        grown = []
        for new, total in beams:
            if new and new[-1] == end_id:
                grown.append((new, total))
                continue
            for token, log_p in enumerate(chain([*start, *new])):
                grown.append(([*new, token], total + log_p))
        beams = sorted(grown, key=lambda b: (-value(b), b[0]))[:n_beams]
    return max(beams, key=value)[0]


# %% wrong: another_papers_length
# why: the penalty of Google's translation system
# says: is another paper's
def beam_search(chain, start, n_beams, n_steps, end_id, alpha):
    """The new ids of the best answer that so many beams find."""

    def value(beam):
        new, total = beam
        return total / ((5 + len(new)) / 6) ** alpha

    beams = [([], 0.0)]
    for _ in range(n_steps):
        grown = []
        for new, total in beams:
            if new and new[-1] == end_id:
                grown.append((new, total))
                continue
            for token, log_p in enumerate(chain([*start, *new])):
                grown.append(([*new, token], total + log_p))
        beams = sorted(grown, key=lambda b: (-value(b), b[0]))[:n_beams]
    return max(beams, key=value)[0]


# %% wrong: cut_by_the_sum
# why: alpha only in the end
# says: You cut by the sums alone
def beam_search(chain, start, n_beams, n_steps, end_id, alpha):
    """The new ids of the best answer that so many beams find."""

    def value(beam):
        new, total = beam
        return total / max(1, len(new)) ** alpha

    beams = [([], 0.0)]
    for _ in range(n_steps):
        grown = []
        for new, total in beams:
            if new and new[-1] == end_id:
                grown.append((new, total))
                continue
            for token, log_p in enumerate(chain([*start, *new])):
                grown.append(([*new, token], total + log_p))
        beams = sorted(grown, key=lambda b: (-b[1], b[0]))[:n_beams]
    return max(beams, key=value)[0]


# %% wrong: winner_by_the_sum
# why: alpha only at the cuts
# says: You choose the winner by its sum
def beam_search(chain, start, n_beams, n_steps, end_id, alpha):
    """The new ids of the best answer that so many beams find."""

    def value(beam):
        new, total = beam
        return total / max(1, len(new)) ** alpha

    beams = [([], 0.0)]
    for _ in range(n_steps):
        grown = []
        for new, total in beams:
            if new and new[-1] == end_id:
                grown.append((new, total))
                continue
            for token, log_p in enumerate(chain([*start, *new])):
                grown.append(([*new, token], total + log_p))
        beams = sorted(grown, key=lambda b: (-value(b), b[0]))[:n_beams]
    return max(beams, key=lambda b: b[1])[0]


# %% wrong: probabilities_added
# why: logarithms undone before the sum
# says: You add probabilities; log-prob
import math


def beam_search(chain, start, n_beams, n_steps, end_id, alpha):
    """The new ids of the best answer that so many beams find."""

    def value(beam):
        new, total = beam
        return total / max(1, len(new)) ** alpha

    beams = [([], 0.0)]
    for _ in range(n_steps):
        grown = []
        for new, total in beams:
            if new and new[-1] == end_id:
                grown.append((new, total))
                continue
            for token, log_p in enumerate(chain([*start, *new])):
                grown.append(([*new, token], total + math.exp(log_p)))
        beams = sorted(grown, key=lambda b: (-value(b), b[0]))[:n_beams]
    return max(beams, key=value)[0]


# %% wrong: last_id_alone
# why: a chain is taken for a table of pairs
# says: The chain is given the last id alone
def beam_search(chain, start, n_beams, n_steps, end_id, alpha):
    """The new ids of the best answer that so many beams find."""

    def value(beam):
        new, total = beam
        return total / max(1, len(new)) ** alpha

    beams = [([], 0.0)]
    for _ in range(n_steps):
        grown = []
        for new, total in beams:
            if new and new[-1] == end_id:
                grown.append((new, total))
                continue
            for token, log_p in enumerate(chain([*start, *new][-1:])):
                grown.append(([*new, token], total + log_p))
        beams = sorted(grown, key=lambda b: (-value(b), b[0]))[:n_beams]
    return max(beams, key=value)[0]


# %% wrong: end_of_start
# why: start is cut to one id
# says: The chain is given only the end of start
def beam_search(chain, start, n_beams, n_steps, end_id, alpha):
    """The new ids of the best answer that so many beams find."""

    def value(beam):
        new, total = beam
        return total / max(1, len(new)) ** alpha

    beams = [([], 0.0)]
    for _ in range(n_steps):
        grown = []
        for new, total in beams:
            if new and new[-1] == end_id:
                grown.append((new, total))
                continue
            for token, log_p in enumerate(chain([*start[-1:], *new])):
                grown.append(([*new, token], total + log_p))
        beams = sorted(grown, key=lambda b: (-value(b), b[0]))[:n_beams]
    return max(beams, key=value)[0]


# %% wrong: start_that_ends
# why: the last of all ids is looked at
# says: A start that ends in end_id is no
def beam_search(chain, start, n_beams, n_steps, end_id, alpha):
    """The new ids of the best answer that so many beams find."""

    def value(beam):
        new, total = beam
        return total / max(1, len(new)) ** alpha

    beams = [([], 0.0)]
    for _ in range(n_steps):
        grown = []
        for new, total in beams:
            if [*start, *new][-1] == end_id:
                grown.append((new, total))
                continue
            for token, log_p in enumerate(chain([*start, *new])):
                grown.append(([*new, token], total + log_p))
        beams = sorted(grown, key=lambda b: (-value(b), b[0]))[:n_beams]
    return max(beams, key=value)[0]


# %% wrong: end_anywhere
# why: end_id is looked for everywhere
# says: You look for end_id anywhere in start
def beam_search(chain, start, n_beams, n_steps, end_id, alpha):
    """The new ids of the best answer that so many beams find."""

    def value(beam):
        new, total = beam
        return total / max(1, len(new)) ** alpha

    beams = [([], 0.0)]
    for _ in range(n_steps):
        grown = []
        for new, total in beams:
            if end_id in [*start, *new]:
                grown.append((new, total))
                continue
            for token, log_p in enumerate(chain([*start, *new])):
                grown.append(([*new, token], total + log_p))
        beams = sorted(grown, key=lambda b: (-value(b), b[0]))[:n_beams]
    return max(beams, key=value)[0]


# %% wrong: ended_apart
# why: ended answers are kept beside the beams
# says: Answers that have ended take none of your
def beam_search(chain, start, n_beams, n_steps, end_id, alpha):
    """The new ids of the best answer that so many beams find."""

    def value(beam):
        new, total = beam
        return total / max(1, len(new)) ** alpha

    beams = [([], 0.0)]
    for _ in range(n_steps):
        grown = []
        for new, total in beams:
            if new and new[-1] == end_id:
                grown.append((new, total))
                continue
            for token, log_p in enumerate(chain([*start, *new])):
                grown.append(([*new, token], total + log_p))
        grown.sort(key=lambda b: (-value(b), b[0]))
        ended = [b for b in grown if b[0][-1] == end_id]
        others = [b for b in grown if b[0][-1] != end_id]
        beams = ended + others[:n_beams]
    return max(beams, key=value)[0]


# %% wrong: wide
# why: the list is cut too late
# says: More than n_beams answers go on
def beam_search(chain, start, n_beams, n_steps, end_id, alpha):
    """The new ids of the best answer that so many beams find."""

    def value(beam):
        new, total = beam
        return total / max(1, len(new)) ** alpha

    beams = [([], 0.0)]
    for _ in range(n_steps):
        grown = []
        for new, total in beams:
            if new and new[-1] == end_id:
                grown.append((new, total))
                continue
            for token, log_p in enumerate(chain([*start, *new])):
                grown.append(([*new, token], total + log_p))
        beams = sorted(grown, key=lambda b: (-value(b), b[0]))[: 10 * n_beams]
    return max(beams, key=value)[0]


# %% wrong: two_tokens
# why: each answer has two children
# says: its two best tokens only
def beam_search(chain, start, n_beams, n_steps, end_id, alpha):
    """The new ids of the best answer that so many beams find."""

    def value(beam):
        new, total = beam
        return total / max(1, len(new)) ** alpha

    beams = [([], 0.0)]
    for _ in range(n_steps):
        grown = []
        for new, total in beams:
            if new and new[-1] == end_id:
                grown.append((new, total))
                continue
            row = list(enumerate(chain([*start, *new])))
            for token, log_p in sorted(row, key=lambda x: -x[1])[:2]:
                grown.append(([*new, token], total + log_p))
        beams = sorted(grown, key=lambda b: (-value(b), b[0]))[:n_beams]
    return max(beams, key=value)[0]


# %% wrong: stops_at_the_best
# why: nothing overtakes an ended answer
# says: You stop when the best answer has ended
def beam_search(chain, start, n_beams, n_steps, end_id, alpha):
    """The new ids of the best answer that so many beams find."""

    def value(beam):
        new, total = beam
        return total / max(1, len(new)) ** alpha

    beams = [([], 0.0)]
    for _ in range(n_steps):
        grown = []
        for new, total in beams:
            if new and new[-1] == end_id:
                grown.append((new, total))
                continue
            for token, log_p in enumerate(chain([*start, *new])):
                grown.append(([*new, token], total + log_p))
        beams = sorted(grown, key=lambda b: (-value(b), b[0]))[:n_beams]
        if beams[0][0][-1] == end_id:
            break
    return max(beams, key=value)[0]


# %% wrong: ties_as_made
# why: equal values keep the order of making
# says: Of equal values the one that you made first
def beam_search(chain, start, n_beams, n_steps, end_id, alpha):
    """The new ids of the best answer that so many beams find."""

    def value(beam):
        new, total = beam
        return total / max(1, len(new)) ** alpha

    beams = [([], 0.0)]
    for _ in range(n_steps):
        grown = []
        for new, total in beams:
            if new and new[-1] == end_id:
                grown.append((new, total))
                continue
            for token, log_p in enumerate(chain([*start, *new])):
                grown.append(([*new, token], total + log_p))
        beams = sorted(grown, key=value, reverse=True)[:n_beams]
    return max(beams, key=value)[0]


# %% wrong: ties_reversed
# why: the last list of equal ones
# says: Of equal values the list that is last in
def beam_search(chain, start, n_beams, n_steps, end_id, alpha):
    """The new ids of the best answer that so many beams find."""

    def value(beam):
        new, total = beam
        return total / max(1, len(new)) ** alpha

    beams = [([], 0.0)]
    for _ in range(n_steps):
        grown = []
        for new, total in beams:
            if new and new[-1] == end_id:
                grown.append((new, total))
                continue
            for token, log_p in enumerate(chain([*start, *new])):
                grown.append(([*new, token], total + log_p))
        beams = sorted(grown, key=lambda b: (-value(b), [-t for t in b[0]]))[:n_beams]
    return max(beams, key=value)[0]


# %% wrong: last_tie_wins
# why: pairs compare their lists too
# says: Of equal values the last list wins
def beam_search(chain, start, n_beams, n_steps, end_id, alpha):
    """The new ids of the best answer that so many beams find."""

    def value(beam):
        new, total = beam
        return total / max(1, len(new)) ** alpha

    beams = [([], 0.0)]
    for _ in range(n_steps):
        grown = []
        for new, total in beams:
            if new and new[-1] == end_id:
                grown.append((new, total))
                continue
            for token, log_p in enumerate(chain([*start, *new])):
                grown.append(([*new, token], total + log_p))
        beams = sorted(grown, key=lambda b: (-value(b), b[0]))[:n_beams]
    return max((value(b), b[0]) for b in beams)[1]


# %% wrong: an_end_for_nothing
# why: an answer is never empty
# says: In no step no id is found
def beam_search(chain, start, n_beams, n_steps, end_id, alpha):
    """The new ids of the best answer that so many beams find."""

    def value(beam):
        new, total = beam
        return total / max(1, len(new)) ** alpha

    beams = [([], 0.0)]
    for _ in range(n_steps):
        grown = []
        for new, total in beams:
            if new and new[-1] == end_id:
                grown.append((new, total))
                continue
            for token, log_p in enumerate(chain([*start, *new])):
                grown.append(([*new, token], total + log_p))
        beams = sorted(grown, key=lambda b: (-value(b), b[0]))[:n_beams]
    return max(beams, key=value)[0] or [end_id]
