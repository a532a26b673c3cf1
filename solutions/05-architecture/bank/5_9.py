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
