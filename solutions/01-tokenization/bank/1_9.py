# Answers to exercise 1.9, Unigram: read as text, never imported.

# %% correct: from_the_end_with_memory
from functools import lru_cache


def n_best(word, log_probs, n, unknown):
    """Recursive over what is left of the word, instead of a table."""
    longest = max([1, *map(len, log_probs)])

    @lru_cache(maxsize=None)
    def rest(i):
        if i == len(word):
            return [(0.0, 0, ())]
        ways = []
        for j in range(i + 1, min(len(word), i + longest) + 1):
            piece = word[i:j]
            if piece in log_probs:
                cost = -log_probs[piece]
            elif len(piece) == 1:
                cost = -unknown
            else:
                continue
            for more, count, pieces in rest(j):
                ways.append((cost + more, count + 1, (piece, *pieces)))
        return sorted(ways)[:n]

    return [(list(pieces), -cost) for cost, _, pieces in rest(0)]

# %% correct: a_queue_of_the_nearest
import heapq


def n_best(word, log_probs, n, unknown):
    """Dijkstra's search: the n first arrivals at each place suffice."""
    arrivals = [0] * (len(word) + 1)
    queue, answer = [(0.0, 0, [], 0)], []
    while queue:
        cost, count, pieces, i = heapq.heappop(queue)
        if arrivals[i] == n:
            continue
        arrivals[i] += 1
        if i == len(word):
            answer.append((pieces, -cost))
            continue
        steps = {p: x for p, x in log_probs.items() if word.startswith(p, i)}
        steps.setdefault(word[i], unknown)
        for piece, log_prob in steps.items():
            way = pieces + [piece]
            heapq.heappush(
                queue, (cost - log_prob, count + 1, way, i + len(piece))
            )
    return answer

# %% wrong: longest_piece_first
# why: WordPiece's greedy search is taken for the best path
# says: You take the longest piece at each step
def n_best(word, log_probs, n, unknown):
    pieces, score, i = [], 0.0, 0
    while i < len(word):
        j = len(word)
        while j > i + 1 and word[i:j] not in log_probs:
            j -= 1
        pieces.append(word[i:j])
        score += log_probs.get(word[i:j], unknown)
        i = j
    return [(pieces, score)][:n]

# %% wrong: fewest_pieces
# why: fewer pieces are thought to be better
# says: You choose the segmentation with the fewest pieces
def n_best(word, log_probs, n, unknown):
    best = [[(0, 0.0, [])]]
    for j in range(1, len(word) + 1):
        ways = []
        for i in range(j):
            piece = word[i:j]
            if piece in log_probs:
                log_prob = log_probs[piece]
            elif len(piece) == 1:
                log_prob = unknown
            else:
                continue
            for count, cost, pieces in best[i]:
                ways.append((count + 1, cost - log_prob, pieces + [piece]))
        best.append(sorted(ways)[:n])
    return [(pieces, -cost) for _, cost, pieces in best[-1]]

# %% wrong: probabilities_added
# why: probabilities of the pieces are added, not multiplied
# says: You add probabilities
import math


def n_best(word, log_probs, n, unknown):
    best = [[(0.0, 0, [])]]
    for j in range(1, len(word) + 1):
        ways = []
        for i in range(j):
            piece = word[i:j]
            if piece in log_probs:
                log_prob = math.exp(log_probs[piece])
            elif len(piece) == 1:
                log_prob = math.exp(unknown)
            else:
                continue
            for cost, count, pieces in best[i]:
                ways.append((cost - log_prob, count + 1, pieces + [piece]))
        best.append(sorted(ways)[:n])
    return [
        (pieces, math.log(-cost) if pieces else 0.0)
        for cost, _, pieces in best[-1]
    ]

# %% wrong: mean_over_pieces
# why: the score is divided by the number of pieces
# says: You divide the score by the number of pieces
def n_best(word, log_probs, n, unknown):
    """Keeps the best sum for each number of pieces, then compares means."""
    best = [{0: [(0.0, [])]}]
    for j in range(1, len(word) + 1):
        here = {}
        for i in range(j):
            piece = word[i:j]
            if piece in log_probs:
                log_prob = log_probs[piece]
            elif len(piece) == 1:
                log_prob = unknown
            else:
                continue
            for count, ways in best[i].items():
                for cost, pieces in ways:
                    way = (cost - log_prob, pieces + [piece])
                    here.setdefault(count + 1, []).append(way)
        best.append({k: sorted(ways)[:n] for k, ways in here.items()})
    ranked = sorted(
        (cost / max(1, count), pieces)
        for count, ways in best[-1].items()
        for cost, pieces in ways
    )
    return [(p, -mean * max(1, len(p))) for mean, p in ranked[:n]]

# %% wrong: smallest_sum
# why: the logarithms are taken for costs
# says: This is the least probable segmentation
def n_best(word, log_probs, n, unknown):
    best = [[(0.0, 0, [])]]
    for j in range(1, len(word) + 1):
        ways = []
        for i in range(j):
            piece = word[i:j]
            if piece in log_probs:
                log_prob = log_probs[piece]
            elif len(piece) == 1:
                log_prob = unknown
            else:
                continue
            for cost, count, pieces in best[i]:
                ways.append((cost + log_prob, count + 1, pieces + [piece]))
        best.append(sorted(ways)[:n])
    return [(pieces, cost) for cost, _, pieces in best[-1]]

# %% wrong: mean_as_score
# why: the best path is right, its score divided by the number of pieces
# says: Your score is the mean over the pieces
def n_best(word, log_probs, n, unknown):
    best = [[(0.0, 0, [])]]
    for j in range(1, len(word) + 1):
        ways = []
        for i in range(j):
            piece = word[i:j]
            if piece in log_probs:
                log_prob = log_probs[piece]
            elif len(piece) == 1:
                log_prob = unknown
            else:
                continue
            for cost, count, pieces in best[i]:
                ways.append((cost - log_prob, count + 1, pieces + [piece]))
        best.append(sorted(ways)[:n])
    return [(pieces, -cost / max(1, len(pieces))) for cost, _, pieces in best[-1]]

# %% wrong: probability_as_score
# why: the score is turned back into a probability
# says: You return the probability; the score is its logarithm
import math


def n_best(word, log_probs, n, unknown):
    best = [[(0.0, 0, [])]]
    for j in range(1, len(word) + 1):
        ways = []
        for i in range(j):
            piece = word[i:j]
            if piece in log_probs:
                log_prob = log_probs[piece]
            elif len(piece) == 1:
                log_prob = unknown
            else:
                continue
            for cost, count, pieces in best[i]:
                ways.append((cost - log_prob, count + 1, pieces + [piece]))
        best.append(sorted(ways)[:n])
    return [(pieces, math.exp(-cost)) for cost, _, pieces in best[-1]]

# %% wrong: one_way_to_each_place
# why: n is used at the last place only
# says: At each place you keep only the best way there
def n_best(word, log_probs, n, unknown):
    best = [[(0.0, 0, [])]]
    for j in range(1, len(word) + 1):
        ways = []
        for i in range(j):
            piece = word[i:j]
            if piece in log_probs:
                log_prob = log_probs[piece]
            elif len(piece) == 1:
                log_prob = unknown
            else:
                continue
            for cost, count, pieces in best[i]:
                ways.append((cost - log_prob, count + 1, pieces + [piece]))
        ways.sort()
        best.append(ways[: n if j == len(word) else 1])
    return [(pieces, -cost) for cost, _, pieces in best[-1]]

# %% wrong: the_best_again
# why: the best path is given n times
# says: You return the best segmentation n times
def n_best(word, log_probs, n, unknown):
    best = [[(0.0, 0, [])]]
    for j in range(1, len(word) + 1):
        ways = []
        for i in range(j):
            piece = word[i:j]
            if piece in log_probs:
                log_prob = log_probs[piece]
            elif len(piece) == 1:
                log_prob = unknown
            else:
                continue
            for cost, count, pieces in best[i]:
                ways.append((cost - log_prob, count + 1, pieces + [piece]))
        best.append(sorted(ways)[:n])
    return [(pieces, -cost) for cost, _, pieces in best[-1][:1]] * n

# %% wrong: worst_of_the_best_first
# why: sorted the wrong way round at the end
# says: The order is upside down
def n_best(word, log_probs, n, unknown):
    best = [[(0.0, 0, [])]]
    for j in range(1, len(word) + 1):
        ways = []
        for i in range(j):
            piece = word[i:j]
            if piece in log_probs:
                log_prob = log_probs[piece]
            elif len(piece) == 1:
                log_prob = unknown
            else:
                continue
            for cost, count, pieces in best[i]:
                ways.append((cost - log_prob, count + 1, pieces + [piece]))
        best.append(sorted(ways)[:n])
    return [(pieces, -cost) for cost, _, pieces in best[-1][::-1]]

# %% wrong: only_the_best
# why: n is not looked at
# says: Only one came back
def n_best(word, log_probs, n, unknown):
    best = [[(0.0, 0, [])]]
    for j in range(1, len(word) + 1):
        ways = []
        for i in range(j):
            piece = word[i:j]
            if piece in log_probs:
                log_prob = log_probs[piece]
            elif len(piece) == 1:
                log_prob = unknown
            else:
                continue
            for cost, count, pieces in best[i]:
                ways.append((cost - log_prob, count + 1, pieces + [piece]))
        best.append(sorted(ways)[:n])
    return [(pieces, -cost) for cost, _, pieces in best[-1][:1]]

# %% wrong: ties_by_the_list
# why: of equal scores the smaller list wins, however many pieces
# says: Of equal scores you put the smaller list first
def n_best(word, log_probs, n, unknown):
    best = [[(0.0, [])]]
    for j in range(1, len(word) + 1):
        ways = []
        for i in range(j):
            piece = word[i:j]
            if piece in log_probs:
                log_prob = log_probs[piece]
            elif len(piece) == 1:
                log_prob = unknown
            else:
                continue
            for cost, pieces in best[i]:
                ways.append((cost - log_prob, pieces + [piece]))
        best.append(sorted(ways)[:n])
    return [(pieces, -cost) for cost, pieces in best[-1]]

# %% wrong: unknown_characters_joined
# why: neighbouring unknown characters are one piece
# says: You joined neighbouring unknown characters
def n_best(word, log_probs, n, unknown):
    best = [[(0.0, 0, [])]]
    for j in range(1, len(word) + 1):
        ways = []
        for i in range(j):
            piece = word[i:j]
            if piece in log_probs:
                log_prob = log_probs[piece]
            elif all(c not in log_probs for c in piece):
                log_prob = unknown
            else:
                continue
            for cost, count, pieces in best[i]:
                ways.append((cost - log_prob, count + 1, pieces + [piece]))
        best.append(sorted(ways)[:n])
    return [(pieces, -cost) for cost, _, pieces in best[-1]]

# %% wrong: anything_may_be_unknown
# why: log_probs.get gives every substring a probability
# says: You let any text without an entry pass
def n_best(word, log_probs, n, unknown):
    best = [[(0.0, 0, [])]]
    for j in range(1, len(word) + 1):
        ways = []
        for i in range(j):
            piece = word[i:j]
            log_prob = log_probs.get(piece, unknown)
            for cost, count, pieces in best[i]:
                ways.append((cost - log_prob, count + 1, pieces + [piece]))
        best.append(sorted(ways)[:n])
    return [(pieces, -cost) for cost, _, pieces in best[-1]]

# %% wrong: nothing_for_the_unknown
# why: a character without an entry is thought to end the search
# says: No segmentation came back
def n_best(word, log_probs, n, unknown):
    best = [[(0.0, 0, [])]]
    for j in range(1, len(word) + 1):
        ways = []
        for i in range(j):
            piece = word[i:j]
            if piece in log_probs:
                log_prob = log_probs[piece]
            else:
                continue
            for cost, count, pieces in best[i]:
                ways.append((cost - log_prob, count + 1, pieces + [piece]))
        best.append(sorted(ways)[:n])
    return [(pieces, -cost) for cost, _, pieces in best[-1]]

# %% wrong: empty_word_without_answer
# why: a word of no letters is thought to have no segmentation
# says: The empty word can be cut in one way
def n_best(word, log_probs, n, unknown):
    if not word:
        return []
    best = [[(0.0, 0, [])]]
    for j in range(1, len(word) + 1):
        ways = []
        for i in range(j):
            piece = word[i:j]
            if piece in log_probs:
                log_prob = log_probs[piece]
            elif len(piece) == 1:
                log_prob = unknown
            else:
                continue
            for cost, count, pieces in best[i]:
                ways.append((cost - log_prob, count + 1, pieces + [piece]))
        best.append(sorted(ways)[:n])
    return [(pieces, -cost) for cost, _, pieces in best[-1]]


# %% wrong: unknown_into_the_table
# why: setdefault for get
# says: Your code adds to the table that it was given
def n_best(word, log_probs, n, unknown):
    """The n best segmentations of a word, as (pieces, score), best first.

    >>> log_probs = {"a": -2.0, "b": -2.5, "ab": -3.0}
    >>> n_best("ab", log_probs, 2, -9.0)
    [(['ab'], -3.0), (['a', 'b'], -4.5)]
    >>> n_best("ac", log_probs, 2, -9.0)
    [(['a', 'c'], -11.0)]
    """
    for character in word:
        log_probs.setdefault(character, unknown)
    best = [[(0.0, 0, [])]]  # best[j]: ways to place j, as (-score, ...)
    for j in range(1, len(word) + 1):
        ways = []
        for i in range(j):
            piece = word[i:j]
            log_prob = log_probs.get(piece)
            if log_prob is None:
                continue
            for cost, n_pieces, pieces in best[i]:
                way = (cost - log_prob, n_pieces + 1, [*pieces, piece])
                ways.append(way)
        best.append(sorted(ways)[:n])
    return [(pieces, -cost if pieces else 0.0) for cost, _, pieces in best[-1]]
