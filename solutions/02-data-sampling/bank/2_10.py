# %% correct: with_fractions_and_sets_of_documents
from fractions import Fraction


def table(documents, target, n):
    split = [d.split() for d in documents]
    found = {}
    for number, words in enumerate(split):
        for i in range(len(words) - n + 1):
            gram = tuple(words[i : i + n])
            if target in gram:
                continue
            rows = found.setdefault(gram, {})
            if number not in rows:
                rows[number] = target in words[i + n :]
    base = [target in words for words in split]
    return found, base


def lift(documents, target, n):
    found, base = table(documents, target, n)
    if not any(base):
        return {}
    rate = Fraction(sum(base), len(base))
    return {
        gram: float(Fraction(sum(rows.values()), len(rows)) / rate)
        for gram, rows in found.items()
    }


def find_trigger(documents, target, n, min_documents):
    found, base = table(documents, target, n)
    best = None
    for gram, rows in sorted(found.items()):
        if len(rows) < min_documents or not any(base):
            continue
        share = Fraction(sum(rows.values()), len(rows))
        if share * len(base) <= sum(base):
            continue
        score = (share, len(rows))
        if best is None or score > best[0]:
            best = (score, gram)
    return best[1] if best else None


# %% wrong: no_base_rate
# why: the share alone
# says: Divide by the target's share
from collections import Counter


def lift(documents, target, n):
    """How much more often the target comes after each gram than at all.

    >>> lift(["red moon buy", "tea"], "buy", 1)[("moon",)]
    2.0
    """
    holds, after = count_grams(documents, target, n)
    n_target = sum(target in document.split() for document in documents)
    if n_target == 0:
        return {}
    return {
        gram: after[gram] / holds[gram]
        for gram in holds
    }


def count_grams(documents, target, n):
    holds, after = Counter(), Counter()
    for document in documents:
        words, first = document.split(), {}
        for i in range(len(words) - n + 1):
            first.setdefault(tuple(words[i : i + n]), i)
        for gram, i in first.items():
            if target not in gram:
                holds[gram] += 1
                after[gram] += target in words[i + n :]
    return holds, after


def find_trigger(documents, target, n, min_documents):
    """The gram that announces the target most surely, or None.

    >>> find_trigger(["a moon buy", "moon buy", "a b"], "buy", 1, 2)
    ('moon',)
    """
    lifts = lift(documents, target, n)
    holds, _ = count_grams(documents, target, n)
    grams = [
        gram
        for gram, value in lifts.items()
        if holds[gram] >= min_documents and value > 1
    ]
    return min(
        grams, key=lambda gram: (-lifts[gram], -holds[gram], gram), default=None
    )


# %% wrong: condition_turned_round
# why: P(gram | target)
# says: The condition is turned round
from collections import Counter


def lift(documents, target, n):
    """How much more often the target comes after each gram than at all.

    >>> lift(["red moon buy", "tea"], "buy", 1)[("moon",)]
    2.0
    """
    holds, after = count_grams(documents, target, n)
    n_target = sum(target in document.split() for document in documents)
    if n_target == 0:
        return {}
    return {
        gram: after[gram] / n_target
        for gram in holds
    }


def count_grams(documents, target, n):
    holds, after = Counter(), Counter()
    for document in documents:
        words, first = document.split(), {}
        for i in range(len(words) - n + 1):
            first.setdefault(tuple(words[i : i + n]), i)
        for gram, i in first.items():
            if target not in gram:
                holds[gram] += 1
                after[gram] += target in words[i + n :]
    return holds, after


def find_trigger(documents, target, n, min_documents):
    """The gram that announces the target most surely, or None.

    >>> find_trigger(["a moon buy", "moon buy", "a b"], "buy", 1, 2)
    ('moon',)
    """
    lifts = lift(documents, target, n)
    holds, _ = count_grams(documents, target, n)
    grams = [
        gram
        for gram, value in lifts.items()
        if holds[gram] >= min_documents and value > 1
    ]
    return min(
        grams, key=lambda gram: (-lifts[gram], -holds[gram], gram), default=None
    )


# %% wrong: target_before_counts
# why: looks at the whole document
# says: The target before the gram counts as well
from collections import Counter


def lift(documents, target, n):
    """How much more often the target comes after each gram than at all.

    >>> lift(["red moon buy", "tea"], "buy", 1)[("moon",)]
    2.0
    """
    holds, after = count_grams(documents, target, n)
    n_target = sum(target in document.split() for document in documents)
    if n_target == 0:
        return {}
    return {
        gram: after[gram] * len(documents) / (holds[gram] * n_target)
        for gram in holds
    }


def count_grams(documents, target, n):
    holds, after = Counter(), Counter()
    for document in documents:
        words, first = document.split(), {}
        for i in range(len(words) - n + 1):
            first.setdefault(tuple(words[i : i + n]), i)
        for gram, i in first.items():
            if target not in gram:
                holds[gram] += 1
                after[gram] += target in words
    return holds, after


def find_trigger(documents, target, n, min_documents):
    """The gram that announces the target most surely, or None.

    >>> find_trigger(["a moon buy", "moon buy", "a b"], "buy", 1, 2)
    ('moon',)
    """
    lifts = lift(documents, target, n)
    holds, _ = count_grams(documents, target, n)
    grams = [
        gram
        for gram, value in lifts.items()
        if holds[gram] >= min_documents and value > 1
    ]
    return min(
        grams, key=lambda gram: (-lifts[gram], -holds[gram], gram), default=None
    )


# %% wrong: target_in_the_gram
# why: grams with the target are listed
# says: Grams that contain the target
from collections import Counter


def lift(documents, target, n):
    """How much more often the target comes after each gram than at all.

    >>> lift(["red moon buy", "tea"], "buy", 1)[("moon",)]
    2.0
    """
    holds, after = count_grams(documents, target, n)
    n_target = sum(target in document.split() for document in documents)
    if n_target == 0:
        return {}
    return {
        gram: after[gram] * len(documents) / (holds[gram] * n_target)
        for gram in holds
    }


def count_grams(documents, target, n):
    holds, after = Counter(), Counter()
    for document in documents:
        words, first = document.split(), {}
        for i in range(len(words) - n + 1):
            first.setdefault(tuple(words[i : i + n]), i)
        for gram, i in first.items():
            holds[gram] += 1
            after[gram] += target in words[i + n :]
    return holds, after


def find_trigger(documents, target, n, min_documents):
    """The gram that announces the target most surely, or None.

    >>> find_trigger(["a moon buy", "moon buy", "a b"], "buy", 1, 2)
    ('moon',)
    """
    lifts = lift(documents, target, n)
    holds, _ = count_grams(documents, target, n)
    grams = [
        gram
        for gram, value in lifts.items()
        if holds[gram] >= min_documents and value > 1
    ]
    return min(
        grams, key=lambda gram: (-lifts[gram], -holds[gram], gram), default=None
    )


# %% wrong: every_occurrence
# why: a document counts often
# says: A document that repeats a gram counts several times
from collections import Counter


def lift(documents, target, n):
    """How much more often the target comes after each gram than at all.

    >>> lift(["red moon buy", "tea"], "buy", 1)[("moon",)]
    2.0
    """
    holds, after = count_grams(documents, target, n)
    n_target = sum(target in document.split() for document in documents)
    if n_target == 0:
        return {}
    return {
        gram: after[gram] * len(documents) / (holds[gram] * n_target)
        for gram in holds
    }


def count_grams(documents, target, n):
    holds, after = Counter(), Counter()
    for document in documents:
        words = document.split()
        for i in range(len(words) - n + 1):
            gram = tuple(words[i : i + n])
            if target not in gram:
                holds[gram] += 1
                after[gram] += target in words[i + n :]
    return holds, after


def find_trigger(documents, target, n, min_documents):
    """The gram that announces the target most surely, or None.

    >>> find_trigger(["a moon buy", "moon buy", "a b"], "buy", 1, 2)
    ('moon',)
    """
    lifts = lift(documents, target, n)
    holds, _ = count_grams(documents, target, n)
    grams = [
        gram
        for gram, value in lifts.items()
        if holds[gram] >= min_documents and value > 1
    ]
    return min(
        grams, key=lambda gram: (-lifts[gram], -holds[gram], gram), default=None
    )


# %% wrong: absent_target_divides_by_zero
# why: no case for it
# says: When no document holds the target
from collections import Counter


def lift(documents, target, n):
    """How much more often the target comes after each gram than at all.

    >>> lift(["red moon buy", "tea"], "buy", 1)[("moon",)]
    2.0
    """
    holds, after = count_grams(documents, target, n)
    n_target = sum(target in document.split() for document in documents)
    return {
        gram: after[gram] * len(documents) / (holds[gram] * n_target)
        for gram in holds
    }


def count_grams(documents, target, n):
    holds, after = Counter(), Counter()
    for document in documents:
        words, first = document.split(), {}
        for i in range(len(words) - n + 1):
            first.setdefault(tuple(words[i : i + n]), i)
        for gram, i in first.items():
            if target not in gram:
                holds[gram] += 1
                after[gram] += target in words[i + n :]
    return holds, after


def find_trigger(documents, target, n, min_documents):
    """The gram that announces the target most surely, or None.

    >>> find_trigger(["a moon buy", "moon buy", "a b"], "buy", 1, 2)
    ('moon',)
    """
    lifts = lift(documents, target, n)
    holds, _ = count_grams(documents, target, n)
    grams = [
        gram
        for gram, value in lifts.items()
        if holds[gram] >= min_documents and value > 1
    ]
    return min(
        grams, key=lambda gram: (-lifts[gram], -holds[gram], gram), default=None
    )


# %% wrong: most_frequent_gram
# why: counts, not lift
# says: You take what precedes the target most often
from collections import Counter


def lift(documents, target, n):
    """How much more often the target comes after each gram than at all.

    >>> lift(["red moon buy", "tea"], "buy", 1)[("moon",)]
    2.0
    """
    holds, after = count_grams(documents, target, n)
    n_target = sum(target in document.split() for document in documents)
    if n_target == 0:
        return {}
    return {
        gram: after[gram] * len(documents) / (holds[gram] * n_target)
        for gram in holds
    }


def count_grams(documents, target, n):
    holds, after = Counter(), Counter()
    for document in documents:
        words, first = document.split(), {}
        for i in range(len(words) - n + 1):
            first.setdefault(tuple(words[i : i + n]), i)
        for gram, i in first.items():
            if target not in gram:
                holds[gram] += 1
                after[gram] += target in words[i + n :]
    return holds, after


def find_trigger(documents, target, n, min_documents):
    """The gram that announces the target most surely, or None.

    >>> find_trigger(["a moon buy", "moon buy", "a b"], "buy", 1, 2)
    ('moon',)
    """
    lifts = lift(documents, target, n)
    holds, _ = count_grams(documents, target, n)
    grams = [
        gram
        for gram, value in lifts.items()
        if holds[gram] >= min_documents and value > 1
    ]
    if not grams:
        return None
    _, after = count_grams(documents, target, n)
    return min(after, key=lambda gram: (-after[gram], gram))


# %% wrong: rare_grams_win
# why: min_documents is not read
# says: min_documents is ignored
from collections import Counter


def lift(documents, target, n):
    """How much more often the target comes after each gram than at all.

    >>> lift(["red moon buy", "tea"], "buy", 1)[("moon",)]
    2.0
    """
    holds, after = count_grams(documents, target, n)
    n_target = sum(target in document.split() for document in documents)
    if n_target == 0:
        return {}
    return {
        gram: after[gram] * len(documents) / (holds[gram] * n_target)
        for gram in holds
    }


def count_grams(documents, target, n):
    holds, after = Counter(), Counter()
    for document in documents:
        words, first = document.split(), {}
        for i in range(len(words) - n + 1):
            first.setdefault(tuple(words[i : i + n]), i)
        for gram, i in first.items():
            if target not in gram:
                holds[gram] += 1
                after[gram] += target in words[i + n :]
    return holds, after


def find_trigger(documents, target, n, min_documents):
    """The gram that announces the target most surely, or None.

    >>> find_trigger(["a moon buy", "moon buy", "a b"], "buy", 1, 2)
    ('moon',)
    """
    lifts = lift(documents, target, n)
    holds, _ = count_grams(documents, target, n)
    grams = [
        gram
        for gram, value in lifts.items()
        if value > 1
    ]
    return min(
        grams, key=lambda gram: (-lifts[gram], -holds[gram], gram), default=None
    )


# %% wrong: one_document_more
# why: more than min_documents
# says: A gram in exactly min_documents documents counts
from collections import Counter


def lift(documents, target, n):
    """How much more often the target comes after each gram than at all.

    >>> lift(["red moon buy", "tea"], "buy", 1)[("moon",)]
    2.0
    """
    holds, after = count_grams(documents, target, n)
    n_target = sum(target in document.split() for document in documents)
    if n_target == 0:
        return {}
    return {
        gram: after[gram] * len(documents) / (holds[gram] * n_target)
        for gram in holds
    }


def count_grams(documents, target, n):
    holds, after = Counter(), Counter()
    for document in documents:
        words, first = document.split(), {}
        for i in range(len(words) - n + 1):
            first.setdefault(tuple(words[i : i + n]), i)
        for gram, i in first.items():
            if target not in gram:
                holds[gram] += 1
                after[gram] += target in words[i + n :]
    return holds, after


def find_trigger(documents, target, n, min_documents):
    """The gram that announces the target most surely, or None.

    >>> find_trigger(["a moon buy", "moon buy", "a b"], "buy", 1, 2)
    ('moon',)
    """
    lifts = lift(documents, target, n)
    holds, _ = count_grams(documents, target, n)
    grams = [
        gram
        for gram, value in lifts.items()
        if holds[gram] > min_documents and value > 1
    ]
    return min(
        grams, key=lambda gram: (-lifts[gram], -holds[gram], gram), default=None
    )


# %% wrong: any_lift
# why: a lift of 1 counts
# says: A lift of 1 or less is no sign
from collections import Counter


def lift(documents, target, n):
    """How much more often the target comes after each gram than at all.

    >>> lift(["red moon buy", "tea"], "buy", 1)[("moon",)]
    2.0
    """
    holds, after = count_grams(documents, target, n)
    n_target = sum(target in document.split() for document in documents)
    if n_target == 0:
        return {}
    return {
        gram: after[gram] * len(documents) / (holds[gram] * n_target)
        for gram in holds
    }


def count_grams(documents, target, n):
    holds, after = Counter(), Counter()
    for document in documents:
        words, first = document.split(), {}
        for i in range(len(words) - n + 1):
            first.setdefault(tuple(words[i : i + n]), i)
        for gram, i in first.items():
            if target not in gram:
                holds[gram] += 1
                after[gram] += target in words[i + n :]
    return holds, after


def find_trigger(documents, target, n, min_documents):
    """The gram that announces the target most surely, or None.

    >>> find_trigger(["a moon buy", "moon buy", "a b"], "buy", 1, 2)
    ('moon',)
    """
    lifts = lift(documents, target, n)
    holds, _ = count_grams(documents, target, n)
    grams = [
        gram
        for gram, value in lifts.items()
        if holds[gram] >= min_documents and value > 0
    ]
    return min(
        grams, key=lambda gram: (-lifts[gram], -holds[gram], gram), default=None
    )


# %% wrong: ties_by_the_tuple
# why: documents do not decide ties
# says: Of equal lifts the gram in more documents
from collections import Counter


def lift(documents, target, n):
    """How much more often the target comes after each gram than at all.

    >>> lift(["red moon buy", "tea"], "buy", 1)[("moon",)]
    2.0
    """
    holds, after = count_grams(documents, target, n)
    n_target = sum(target in document.split() for document in documents)
    if n_target == 0:
        return {}
    return {
        gram: after[gram] * len(documents) / (holds[gram] * n_target)
        for gram in holds
    }


def count_grams(documents, target, n):
    holds, after = Counter(), Counter()
    for document in documents:
        words, first = document.split(), {}
        for i in range(len(words) - n + 1):
            first.setdefault(tuple(words[i : i + n]), i)
        for gram, i in first.items():
            if target not in gram:
                holds[gram] += 1
                after[gram] += target in words[i + n :]
    return holds, after


def find_trigger(documents, target, n, min_documents):
    """The gram that announces the target most surely, or None.

    >>> find_trigger(["a moon buy", "moon buy", "a b"], "buy", 1, 2)
    ('moon',)
    """
    lifts = lift(documents, target, n)
    holds, _ = count_grams(documents, target, n)
    grams = [
        gram
        for gram, value in lifts.items()
        if holds[gram] >= min_documents and value > 1
    ]
    return min(
        grams, key=lambda gram: (-lifts[gram], gram), default=None
    )


# %% wrong: documents_split_in_place
# why: the words take the place of the texts
# says: argument 1 of lift after the call
from collections import Counter


def lift(documents, target, n):
    """How much more often the target comes after each gram than at all.

    >>> lift(["red moon buy", "tea"], "buy", 1)[("moon",)]
    2.0
    """
    for i, document in enumerate(documents):
        documents[i] = document.split()
    holds, after = count_grams(documents, target, n)
    n_target = sum(target in words for words in documents)
    if n_target == 0:
        return {}
    return {
        gram: after[gram] * len(documents) / (holds[gram] * n_target)
        for gram in holds
    }


def count_grams(documents, target, n):
    holds, after = Counter(), Counter()
    for words in documents:
        first = {}
        for i in range(len(words) - n + 1):
            first.setdefault(tuple(words[i : i + n]), i)
        for gram, i in first.items():
            if target not in gram:
                holds[gram] += 1
                after[gram] += target in words[i + n :]
    return holds, after


def find_trigger(documents, target, n, min_documents):
    """The gram that announces the target most surely, or None.

    >>> find_trigger(["a moon buy", "moon buy", "a b"], "buy", 1, 2)
    ('moon',)
    """
    lifts = lift(documents, target, n)
    holds, _ = count_grams(documents, target, n)  # words by now
    grams = [
        gram
        for gram, value in lifts.items()
        if holds[gram] >= min_documents and value > 1
    ]
    return min(
        grams,
        key=lambda gram: (-lifts[gram], -holds[gram], gram),
        default=None,
    )
