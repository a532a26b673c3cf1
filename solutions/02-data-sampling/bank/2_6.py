# %% correct: by_comparing_all_with_all
import re


def exact(documents):
    plain = [re.sub(r"\s+", " ", d).strip().lower() for d in documents]
    found = []
    for i, text in enumerate(plain):
        if text not in plain[:i]:
            same = [j for j in range(len(plain)) if plain[j] == text]
            if len(same) >= 2:
                found.append(same)
    return found


def drop_lines(documents, most):
    cut = [d.split("\n") for d in documents]

    def too_many(line):
        line = line.strip()
        if line == "":
            return False
        return sum(any(x.strip() == line for x in lines) for lines in cut) > most

    return ["\n".join([x for x in lines if not too_many(x)]) for lines in cut]


def signature(shingles, coefficients, p):
    result = []
    for a, b in coefficients:
        best = p
        for x in shingles:
            best = min(best, (a * x + b) % p)
        result.append(best)
    return result


def estimate(a, b):
    return len([k for k in range(len(a)) if a[k] == b[k]]) / len(a)


def candidates(signatures, n_bands):
    found = set()
    for j in range(len(signatures)):
        n = len(signatures[j])
        size, rest = divmod(n, n_bands)
        if rest != 0:
            raise ValueError("unequal bands")
        for i in range(j):
            for start in range(0, n, size):
                if signatures[i][start:start + size] == signatures[j][start:start + size]:
                    found.add((i, j))
    return found


# %% wrong: case_matters
# why: case is compared
# says: Upper and lower case are the same here
from collections import Counter, defaultdict
from itertools import combinations


def exact(documents):
    """Clusters of places of equal documents.

    >>> exact(["Tea for two", "tea  FOR two ", "Tea"])
    [[0, 1]]
    """
    places = defaultdict(list)
    for place, document in enumerate(documents):
        places[" ".join(document.split())].append(place)
    return [cluster for cluster in places.values() if len(cluster) > 1]


def drop_lines(documents, most):
    r"""The documents without the lines that too many share.

    >>> drop_lines(["Home\nOne", "Home\nTwo", "Three"], 1)
    ['One', 'Two', 'Three']
    """
    n_documents = Counter()
    for document in documents:
        n_documents.update({line.strip() for line in document.split("\n")})
    del n_documents[""]
    return [
        "\n".join(
            line
            for line in document.split("\n")
            if n_documents[line.strip()] <= most
        )
        for document in documents
    ]


def signature(shingles, coefficients, p):
    """The MinHash signature of a set of integers.

    >>> signature({3, 8}, [(2, 1), (5, 0)], 11)
    [6, 4]
    """
    return [
        min(((a * x + b) % p for x in shingles), default=p)
        for a, b in coefficients
    ]


def estimate(a, b):
    """Share of places at which two signatures agree.

    >>> estimate([1, 2, 3, 4], [1, 9, 3, 9])
    0.5
    """
    return sum(x == y for x, y in zip(a, b, strict=True)) / len(a)


def candidates(signatures, n_bands):
    """Pairs of places whose signatures agree in a whole band.

    >>> candidates([[6, 4, 1, 1], [6, 4, 2, 2], [1, 1, 6, 4]], 2)
    {(0, 1)}
    """
    buckets = defaultdict(list)
    for place, row in enumerate(signatures):
        if len(row) % n_bands:
            raise ValueError(
                f"{len(row)} places cannot be cut into {n_bands} bands"
            )
        size = len(row) // n_bands
        for band in range(n_bands):
            run = tuple(row[band * size : (band + 1) * size])
            buckets[band, run].append(place)
    return {
        pair for found in buckets.values() for pair in combinations(found, 2)
    }


# %% wrong: white_space_matters
# why: only the case is evened out
# says: Runs of white space
from collections import Counter, defaultdict
from itertools import combinations


def exact(documents):
    """Clusters of places of equal documents.

    >>> exact(["Tea for two", "tea  FOR two ", "Tea"])
    [[0, 1]]
    """
    places = defaultdict(list)
    for place, document in enumerate(documents):
        places[document.lower()].append(place)
    return [cluster for cluster in places.values() if len(cluster) > 1]


def drop_lines(documents, most):
    r"""The documents without the lines that too many share.

    >>> drop_lines(["Home\nOne", "Home\nTwo", "Three"], 1)
    ['One', 'Two', 'Three']
    """
    n_documents = Counter()
    for document in documents:
        n_documents.update({line.strip() for line in document.split("\n")})
    del n_documents[""]
    return [
        "\n".join(
            line
            for line in document.split("\n")
            if n_documents[line.strip()] <= most
        )
        for document in documents
    ]


def signature(shingles, coefficients, p):
    """The MinHash signature of a set of integers.

    >>> signature({3, 8}, [(2, 1), (5, 0)], 11)
    [6, 4]
    """
    return [
        min(((a * x + b) % p for x in shingles), default=p)
        for a, b in coefficients
    ]


def estimate(a, b):
    """Share of places at which two signatures agree.

    >>> estimate([1, 2, 3, 4], [1, 9, 3, 9])
    0.5
    """
    return sum(x == y for x, y in zip(a, b, strict=True)) / len(a)


def candidates(signatures, n_bands):
    """Pairs of places whose signatures agree in a whole band.

    >>> candidates([[6, 4, 1, 1], [6, 4, 2, 2], [1, 1, 6, 4]], 2)
    {(0, 1)}
    """
    buckets = defaultdict(list)
    for place, row in enumerate(signatures):
        if len(row) % n_bands:
            raise ValueError(
                f"{len(row)} places cannot be cut into {n_bands} bands"
            )
        size = len(row) // n_bands
        for band in range(n_bands):
            run = tuple(row[band * size : (band + 1) * size])
            buckets[band, run].append(place)
    return {
        pair for found in buckets.values() for pair in combinations(found, 2)
    }


# %% wrong: no_space_at_all
# why: the words run together
# says: Without any space
from collections import Counter, defaultdict
from itertools import combinations


def exact(documents):
    """Clusters of places of equal documents.

    >>> exact(["Tea for two", "tea  FOR two ", "Tea"])
    [[0, 1]]
    """
    places = defaultdict(list)
    for place, document in enumerate(documents):
        places["".join(document.lower().split())].append(place)
    return [cluster for cluster in places.values() if len(cluster) > 1]


def drop_lines(documents, most):
    r"""The documents without the lines that too many share.

    >>> drop_lines(["Home\nOne", "Home\nTwo", "Three"], 1)
    ['One', 'Two', 'Three']
    """
    n_documents = Counter()
    for document in documents:
        n_documents.update({line.strip() for line in document.split("\n")})
    del n_documents[""]
    return [
        "\n".join(
            line
            for line in document.split("\n")
            if n_documents[line.strip()] <= most
        )
        for document in documents
    ]


def signature(shingles, coefficients, p):
    """The MinHash signature of a set of integers.

    >>> signature({3, 8}, [(2, 1), (5, 0)], 11)
    [6, 4]
    """
    return [
        min(((a * x + b) % p for x in shingles), default=p)
        for a, b in coefficients
    ]


def estimate(a, b):
    """Share of places at which two signatures agree.

    >>> estimate([1, 2, 3, 4], [1, 9, 3, 9])
    0.5
    """
    return sum(x == y for x, y in zip(a, b, strict=True)) / len(a)


def candidates(signatures, n_bands):
    """Pairs of places whose signatures agree in a whole band.

    >>> candidates([[6, 4, 1, 1], [6, 4, 2, 2], [1, 1, 6, 4]], 2)
    {(0, 1)}
    """
    buckets = defaultdict(list)
    for place, row in enumerate(signatures):
        if len(row) % n_bands:
            raise ValueError(
                f"{len(row)} places cannot be cut into {n_bands} bands"
            )
        size = len(row) // n_bands
        for band in range(n_bands):
            run = tuple(row[band * size : (band + 1) * size])
            buckets[band, run].append(place)
    return {
        pair for found in buckets.values() for pair in combinations(found, 2)
    }


# %% wrong: first_of_the_cluster_missing
# why: lists the copies only
# says: The first of each cluster is missing
from collections import Counter, defaultdict
from itertools import combinations


def exact(documents):
    """Clusters of places of equal documents.

    >>> exact(["Tea for two", "tea  FOR two ", "Tea"])
    [[0, 1]]
    """
    places = defaultdict(list)
    for place, document in enumerate(documents):
        places[" ".join(document.lower().split())].append(place)
    return [cluster[1:] for cluster in places.values() if len(cluster) > 1]


def drop_lines(documents, most):
    r"""The documents without the lines that too many share.

    >>> drop_lines(["Home\nOne", "Home\nTwo", "Three"], 1)
    ['One', 'Two', 'Three']
    """
    n_documents = Counter()
    for document in documents:
        n_documents.update({line.strip() for line in document.split("\n")})
    del n_documents[""]
    return [
        "\n".join(
            line
            for line in document.split("\n")
            if n_documents[line.strip()] <= most
        )
        for document in documents
    ]


def signature(shingles, coefficients, p):
    """The MinHash signature of a set of integers.

    >>> signature({3, 8}, [(2, 1), (5, 0)], 11)
    [6, 4]
    """
    return [
        min(((a * x + b) % p for x in shingles), default=p)
        for a, b in coefficients
    ]


def estimate(a, b):
    """Share of places at which two signatures agree.

    >>> estimate([1, 2, 3, 4], [1, 9, 3, 9])
    0.5
    """
    return sum(x == y for x, y in zip(a, b, strict=True)) / len(a)


def candidates(signatures, n_bands):
    """Pairs of places whose signatures agree in a whole band.

    >>> candidates([[6, 4, 1, 1], [6, 4, 2, 2], [1, 1, 6, 4]], 2)
    {(0, 1)}
    """
    buckets = defaultdict(list)
    for place, row in enumerate(signatures):
        if len(row) % n_bands:
            raise ValueError(
                f"{len(row)} places cannot be cut into {n_bands} bands"
            )
        size = len(row) // n_bands
        for band in range(n_bands):
            run = tuple(row[band * size : (band + 1) * size])
            buckets[band, run].append(place)
    return {
        pair for found in buckets.values() for pair in combinations(found, 2)
    }


# %% wrong: occurrences_counted
# why: a refrain counts many times
# says: You count occurrences
from collections import Counter, defaultdict
from itertools import combinations


def exact(documents):
    """Clusters of places of equal documents.

    >>> exact(["Tea for two", "tea  FOR two ", "Tea"])
    [[0, 1]]
    """
    places = defaultdict(list)
    for place, document in enumerate(documents):
        places[" ".join(document.lower().split())].append(place)
    return [cluster for cluster in places.values() if len(cluster) > 1]


def drop_lines(documents, most):
    r"""The documents without the lines that too many share.

    >>> drop_lines(["Home\nOne", "Home\nTwo", "Three"], 1)
    ['One', 'Two', 'Three']
    """
    n_documents = Counter()
    for document in documents:
        n_documents.update([line.strip() for line in document.split("\n")])
    del n_documents[""]
    return [
        "\n".join(
            line
            for line in document.split("\n")
            if n_documents[line.strip()] <= most
        )
        for document in documents
    ]


def signature(shingles, coefficients, p):
    """The MinHash signature of a set of integers.

    >>> signature({3, 8}, [(2, 1), (5, 0)], 11)
    [6, 4]
    """
    return [
        min(((a * x + b) % p for x in shingles), default=p)
        for a, b in coefficients
    ]


def estimate(a, b):
    """Share of places at which two signatures agree.

    >>> estimate([1, 2, 3, 4], [1, 9, 3, 9])
    0.5
    """
    return sum(x == y for x, y in zip(a, b, strict=True)) / len(a)


def candidates(signatures, n_bands):
    """Pairs of places whose signatures agree in a whole band.

    >>> candidates([[6, 4, 1, 1], [6, 4, 2, 2], [1, 1, 6, 4]], 2)
    {(0, 1)}
    """
    buckets = defaultdict(list)
    for place, row in enumerate(signatures):
        if len(row) % n_bands:
            raise ValueError(
                f"{len(row)} places cannot be cut into {n_bands} bands"
            )
        size = len(row) // n_bands
        for band in range(n_bands):
            run = tuple(row[band * size : (band + 1) * size])
            buckets[band, run].append(place)
    return {
        pair for found in buckets.values() for pair in combinations(found, 2)
    }


# %% wrong: at_least_instead_of_more
# why: drops lines in exactly `most` documents
# says: A line in exactly `most` documents stays
from collections import Counter, defaultdict
from itertools import combinations


def exact(documents):
    """Clusters of places of equal documents.

    >>> exact(["Tea for two", "tea  FOR two ", "Tea"])
    [[0, 1]]
    """
    places = defaultdict(list)
    for place, document in enumerate(documents):
        places[" ".join(document.lower().split())].append(place)
    return [cluster for cluster in places.values() if len(cluster) > 1]


def drop_lines(documents, most):
    r"""The documents without the lines that too many share.

    >>> drop_lines(["Home\nOne", "Home\nTwo", "Three"], 1)
    ['One', 'Two', 'Three']
    """
    n_documents = Counter()
    for document in documents:
        n_documents.update({line.strip() for line in document.split("\n")})
    del n_documents[""]
    return [
        "\n".join(
            line
            for line in document.split("\n")
            if n_documents[line.strip()] < most
        )
        for document in documents
    ]


def signature(shingles, coefficients, p):
    """The MinHash signature of a set of integers.

    >>> signature({3, 8}, [(2, 1), (5, 0)], 11)
    [6, 4]
    """
    return [
        min(((a * x + b) % p for x in shingles), default=p)
        for a, b in coefficients
    ]


def estimate(a, b):
    """Share of places at which two signatures agree.

    >>> estimate([1, 2, 3, 4], [1, 9, 3, 9])
    0.5
    """
    return sum(x == y for x, y in zip(a, b, strict=True)) / len(a)


def candidates(signatures, n_bands):
    """Pairs of places whose signatures agree in a whole band.

    >>> candidates([[6, 4, 1, 1], [6, 4, 2, 2], [1, 1, 6, 4]], 2)
    {(0, 1)}
    """
    buckets = defaultdict(list)
    for place, row in enumerate(signatures):
        if len(row) % n_bands:
            raise ValueError(
                f"{len(row)} places cannot be cut into {n_bands} bands"
            )
        size = len(row) // n_bands
        for band in range(n_bands):
            run = tuple(row[band * size : (band + 1) * size])
            buckets[band, run].append(place)
    return {
        pair for found in buckets.values() for pair in combinations(found, 2)
    }


# %% wrong: empty_lines_dropped
# why: paragraphs run together
# says: Empty lines are dropped
from collections import Counter, defaultdict
from itertools import combinations


def exact(documents):
    """Clusters of places of equal documents.

    >>> exact(["Tea for two", "tea  FOR two ", "Tea"])
    [[0, 1]]
    """
    places = defaultdict(list)
    for place, document in enumerate(documents):
        places[" ".join(document.lower().split())].append(place)
    return [cluster for cluster in places.values() if len(cluster) > 1]


def drop_lines(documents, most):
    r"""The documents without the lines that too many share.

    >>> drop_lines(["Home\nOne", "Home\nTwo", "Three"], 1)
    ['One', 'Two', 'Three']
    """
    n_documents = Counter()
    for document in documents:
        n_documents.update({line.strip() for line in document.split("\n")})
    return [
        "\n".join(
            line
            for line in document.split("\n")
            if n_documents[line.strip()] <= most
        )
        for document in documents
    ]


def signature(shingles, coefficients, p):
    """The MinHash signature of a set of integers.

    >>> signature({3, 8}, [(2, 1), (5, 0)], 11)
    [6, 4]
    """
    return [
        min(((a * x + b) % p for x in shingles), default=p)
        for a, b in coefficients
    ]


def estimate(a, b):
    """Share of places at which two signatures agree.

    >>> estimate([1, 2, 3, 4], [1, 9, 3, 9])
    0.5
    """
    return sum(x == y for x, y in zip(a, b, strict=True)) / len(a)


def candidates(signatures, n_bands):
    """Pairs of places whose signatures agree in a whole band.

    >>> candidates([[6, 4, 1, 1], [6, 4, 2, 2], [1, 1, 6, 4]], 2)
    {(0, 1)}
    """
    buckets = defaultdict(list)
    for place, row in enumerate(signatures):
        if len(row) % n_bands:
            raise ValueError(
                f"{len(row)} places cannot be cut into {n_bands} bands"
            )
        size = len(row) // n_bands
        for band in range(n_bands):
            run = tuple(row[band * size : (band + 1) * size])
            buckets[band, run].append(place)
    return {
        pair for found in buckets.values() for pair in combinations(found, 2)
    }


# %% wrong: lines_as_written
# why: white space is compared
# says: Lines are compared with their white space
from collections import Counter, defaultdict
from itertools import combinations


def exact(documents):
    """Clusters of places of equal documents.

    >>> exact(["Tea for two", "tea  FOR two ", "Tea"])
    [[0, 1]]
    """
    places = defaultdict(list)
    for place, document in enumerate(documents):
        places[" ".join(document.lower().split())].append(place)
    return [cluster for cluster in places.values() if len(cluster) > 1]


def drop_lines(documents, most):
    r"""The documents without the lines that too many share.

    >>> drop_lines(["Home\nOne", "Home\nTwo", "Three"], 1)
    ['One', 'Two', 'Three']
    """
    n_documents = Counter()
    for document in documents:
        n_documents.update({line for line in document.split("\n")})
    del n_documents[""]
    return [
        "\n".join(
            line
            for line in document.split("\n")
            if n_documents[line if line.strip() else ''] <= most
        )
        for document in documents
    ]


def signature(shingles, coefficients, p):
    """The MinHash signature of a set of integers.

    >>> signature({3, 8}, [(2, 1), (5, 0)], 11)
    [6, 4]
    """
    return [
        min(((a * x + b) % p for x in shingles), default=p)
        for a, b in coefficients
    ]


def estimate(a, b):
    """Share of places at which two signatures agree.

    >>> estimate([1, 2, 3, 4], [1, 9, 3, 9])
    0.5
    """
    return sum(x == y for x, y in zip(a, b, strict=True)) / len(a)


def candidates(signatures, n_bands):
    """Pairs of places whose signatures agree in a whole band.

    >>> candidates([[6, 4, 1, 1], [6, 4, 2, 2], [1, 1, 6, 4]], 2)
    {(0, 1)}
    """
    buckets = defaultdict(list)
    for place, row in enumerate(signatures):
        if len(row) % n_bands:
            raise ValueError(
                f"{len(row)} places cannot be cut into {n_bands} bands"
            )
        size = len(row) // n_bands
        for band in range(n_bands):
            run = tuple(row[band * size : (band + 1) * size])
            buckets[band, run].append(place)
    return {
        pair for found in buckets.values() for pair in combinations(found, 2)
    }


# %% wrong: max_instead_of_min
# why: the largest hash
# says: You take the largest
from collections import Counter, defaultdict
from itertools import combinations


def exact(documents):
    """Clusters of places of equal documents.

    >>> exact(["Tea for two", "tea  FOR two ", "Tea"])
    [[0, 1]]
    """
    places = defaultdict(list)
    for place, document in enumerate(documents):
        places[" ".join(document.lower().split())].append(place)
    return [cluster for cluster in places.values() if len(cluster) > 1]


def drop_lines(documents, most):
    r"""The documents without the lines that too many share.

    >>> drop_lines(["Home\nOne", "Home\nTwo", "Three"], 1)
    ['One', 'Two', 'Three']
    """
    n_documents = Counter()
    for document in documents:
        n_documents.update({line.strip() for line in document.split("\n")})
    del n_documents[""]
    return [
        "\n".join(
            line
            for line in document.split("\n")
            if n_documents[line.strip()] <= most
        )
        for document in documents
    ]


def signature(shingles, coefficients, p):
    """The MinHash signature of a set of integers.

    >>> signature({3, 8}, [(2, 1), (5, 0)], 11)
    [6, 4]
    """
    return [
        max(((a * x + b) % p for x in shingles), default=p)
        for a, b in coefficients
    ]


def estimate(a, b):
    """Share of places at which two signatures agree.

    >>> estimate([1, 2, 3, 4], [1, 9, 3, 9])
    0.5
    """
    return sum(x == y for x, y in zip(a, b, strict=True)) / len(a)


def candidates(signatures, n_bands):
    """Pairs of places whose signatures agree in a whole band.

    >>> candidates([[6, 4, 1, 1], [6, 4, 2, 2], [1, 1, 6, 4]], 2)
    {(0, 1)}
    """
    buckets = defaultdict(list)
    for place, row in enumerate(signatures):
        if len(row) % n_bands:
            raise ValueError(
                f"{len(row)} places cannot be cut into {n_bands} bands"
            )
        size = len(row) // n_bands
        for band in range(n_bands):
            run = tuple(row[band * size : (band + 1) * size])
            buckets[band, run].append(place)
    return {
        pair for found in buckets.values() for pair in combinations(found, 2)
    }


# %% wrong: k_smallest_of_one_hash
# why: bottom-k taken for MinHash
# says: the smallest values of the first function
from collections import Counter, defaultdict
from itertools import combinations


def exact(documents):
    """Clusters of places of equal documents.

    >>> exact(["Tea for two", "tea  FOR two ", "Tea"])
    [[0, 1]]
    """
    places = defaultdict(list)
    for place, document in enumerate(documents):
        places[" ".join(document.lower().split())].append(place)
    return [cluster for cluster in places.values() if len(cluster) > 1]


def drop_lines(documents, most):
    r"""The documents without the lines that too many share.

    >>> drop_lines(["Home\nOne", "Home\nTwo", "Three"], 1)
    ['One', 'Two', 'Three']
    """
    n_documents = Counter()
    for document in documents:
        n_documents.update({line.strip() for line in document.split("\n")})
    del n_documents[""]
    return [
        "\n".join(
            line
            for line in document.split("\n")
            if n_documents[line.strip()] <= most
        )
        for document in documents
    ]


def signature(shingles, coefficients, p):
    """The MinHash signature of a set of integers.

    >>> signature({3, 8}, [(2, 1), (5, 0)], 11)
    [6, 4]
    """
    a, b = coefficients[0]
    found = sorted((a * x + b) % p for x in shingles)
    return (found + [p] * len(coefficients))[: len(coefficients)]


def estimate(a, b):
    """Share of places at which two signatures agree.

    >>> estimate([1, 2, 3, 4], [1, 9, 3, 9])
    0.5
    """
    return sum(x == y for x, y in zip(a, b, strict=True)) / len(a)


def candidates(signatures, n_bands):
    """Pairs of places whose signatures agree in a whole band.

    >>> candidates([[6, 4, 1, 1], [6, 4, 2, 2], [1, 1, 6, 4]], 2)
    {(0, 1)}
    """
    buckets = defaultdict(list)
    for place, row in enumerate(signatures):
        if len(row) % n_bands:
            raise ValueError(
                f"{len(row)} places cannot be cut into {n_bands} bands"
            )
        size = len(row) // n_bands
        for band in range(n_bands):
            run = tuple(row[band * size : (band + 1) * size])
            buckets[band, run].append(place)
    return {
        pair for found in buckets.values() for pair in combinations(found, 2)
    }


# %% wrong: compared_as_sets
# why: places are lost
# says: You compare the two as sets
from collections import Counter, defaultdict
from itertools import combinations


def exact(documents):
    """Clusters of places of equal documents.

    >>> exact(["Tea for two", "tea  FOR two ", "Tea"])
    [[0, 1]]
    """
    places = defaultdict(list)
    for place, document in enumerate(documents):
        places[" ".join(document.lower().split())].append(place)
    return [cluster for cluster in places.values() if len(cluster) > 1]


def drop_lines(documents, most):
    r"""The documents without the lines that too many share.

    >>> drop_lines(["Home\nOne", "Home\nTwo", "Three"], 1)
    ['One', 'Two', 'Three']
    """
    n_documents = Counter()
    for document in documents:
        n_documents.update({line.strip() for line in document.split("\n")})
    del n_documents[""]
    return [
        "\n".join(
            line
            for line in document.split("\n")
            if n_documents[line.strip()] <= most
        )
        for document in documents
    ]


def signature(shingles, coefficients, p):
    """The MinHash signature of a set of integers.

    >>> signature({3, 8}, [(2, 1), (5, 0)], 11)
    [6, 4]
    """
    return [
        min(((a * x + b) % p for x in shingles), default=p)
        for a, b in coefficients
    ]


def estimate(a, b):
    """Share of places at which two signatures agree.

    >>> estimate([1, 2, 3, 4], [1, 9, 3, 9])
    0.5
    """
    return len({*a} & {*b}) / len({*a} | {*b})


def candidates(signatures, n_bands):
    """Pairs of places whose signatures agree in a whole band.

    >>> candidates([[6, 4, 1, 1], [6, 4, 2, 2], [1, 1, 6, 4]], 2)
    {(0, 1)}
    """
    buckets = defaultdict(list)
    for place, row in enumerate(signatures):
        if len(row) % n_bands:
            raise ValueError(
                f"{len(row)} places cannot be cut into {n_bands} bands"
            )
        size = len(row) // n_bands
        for band in range(n_bands):
            run = tuple(row[band * size : (band + 1) * size])
            buckets[band, run].append(place)
    return {
        pair for found in buckets.values() for pair in combinations(found, 2)
    }


# %% wrong: strided_bands
# why: every n-th place
# says: Your bands take every n_bands-th place
from collections import Counter, defaultdict
from itertools import combinations


def exact(documents):
    """Clusters of places of equal documents.

    >>> exact(["Tea for two", "tea  FOR two ", "Tea"])
    [[0, 1]]
    """
    places = defaultdict(list)
    for place, document in enumerate(documents):
        places[" ".join(document.lower().split())].append(place)
    return [cluster for cluster in places.values() if len(cluster) > 1]


def drop_lines(documents, most):
    r"""The documents without the lines that too many share.

    >>> drop_lines(["Home\nOne", "Home\nTwo", "Three"], 1)
    ['One', 'Two', 'Three']
    """
    n_documents = Counter()
    for document in documents:
        n_documents.update({line.strip() for line in document.split("\n")})
    del n_documents[""]
    return [
        "\n".join(
            line
            for line in document.split("\n")
            if n_documents[line.strip()] <= most
        )
        for document in documents
    ]


def signature(shingles, coefficients, p):
    """The MinHash signature of a set of integers.

    >>> signature({3, 8}, [(2, 1), (5, 0)], 11)
    [6, 4]
    """
    return [
        min(((a * x + b) % p for x in shingles), default=p)
        for a, b in coefficients
    ]


def estimate(a, b):
    """Share of places at which two signatures agree.

    >>> estimate([1, 2, 3, 4], [1, 9, 3, 9])
    0.5
    """
    return sum(x == y for x, y in zip(a, b, strict=True)) / len(a)


def candidates(signatures, n_bands):
    """Pairs of places whose signatures agree in a whole band.

    >>> candidates([[6, 4, 1, 1], [6, 4, 2, 2], [1, 1, 6, 4]], 2)
    {(0, 1)}
    """
    buckets = defaultdict(list)
    for place, row in enumerate(signatures):
        if len(row) % n_bands:
            raise ValueError(
                f"{len(row)} places cannot be cut into {n_bands} bands"
            )
        size = len(row) // n_bands
        for band in range(n_bands):
            run = tuple(row[band::n_bands])
            buckets[band, run].append(place)
    return {
        pair for found in buckets.values() for pair in combinations(found, 2)
    }


# %% wrong: bands_and_rows_swapped
# why: n_bands is taken for their length
# says: You cut bands of n_bands places
from collections import Counter, defaultdict
from itertools import combinations


def exact(documents):
    """Clusters of places of equal documents.

    >>> exact(["Tea for two", "tea  FOR two ", "Tea"])
    [[0, 1]]
    """
    places = defaultdict(list)
    for place, document in enumerate(documents):
        places[" ".join(document.lower().split())].append(place)
    return [cluster for cluster in places.values() if len(cluster) > 1]


def drop_lines(documents, most):
    r"""The documents without the lines that too many share.

    >>> drop_lines(["Home\nOne", "Home\nTwo", "Three"], 1)
    ['One', 'Two', 'Three']
    """
    n_documents = Counter()
    for document in documents:
        n_documents.update({line.strip() for line in document.split("\n")})
    del n_documents[""]
    return [
        "\n".join(
            line
            for line in document.split("\n")
            if n_documents[line.strip()] <= most
        )
        for document in documents
    ]


def signature(shingles, coefficients, p):
    """The MinHash signature of a set of integers.

    >>> signature({3, 8}, [(2, 1), (5, 0)], 11)
    [6, 4]
    """
    return [
        min(((a * x + b) % p for x in shingles), default=p)
        for a, b in coefficients
    ]


def estimate(a, b):
    """Share of places at which two signatures agree.

    >>> estimate([1, 2, 3, 4], [1, 9, 3, 9])
    0.5
    """
    return sum(x == y for x, y in zip(a, b, strict=True)) / len(a)


def candidates(signatures, n_bands):
    """Pairs of places whose signatures agree in a whole band.

    >>> candidates([[6, 4, 1, 1], [6, 4, 2, 2], [1, 1, 6, 4]], 2)
    {(0, 1)}
    """
    buckets = defaultdict(list)
    for place, row in enumerate(signatures):
        if len(row) % n_bands:
            raise ValueError(
                f"{len(row)} places cannot be cut into {n_bands} bands"
            )
        size = n_bands
        for band in range(len(row) // n_bands):
            run = tuple(row[band * size : (band + 1) * size])
            buckets[band, run].append(place)
    return {
        pair for found in buckets.values() for pair in combinations(found, 2)
    }


# %% wrong: band_left_out_of_the_key
# why: equal runs in different bands meet
# says: Two documents meet whose equal runs
from collections import Counter, defaultdict
from itertools import combinations


def exact(documents):
    """Clusters of places of equal documents.

    >>> exact(["Tea for two", "tea  FOR two ", "Tea"])
    [[0, 1]]
    """
    places = defaultdict(list)
    for place, document in enumerate(documents):
        places[" ".join(document.lower().split())].append(place)
    return [cluster for cluster in places.values() if len(cluster) > 1]


def drop_lines(documents, most):
    r"""The documents without the lines that too many share.

    >>> drop_lines(["Home\nOne", "Home\nTwo", "Three"], 1)
    ['One', 'Two', 'Three']
    """
    n_documents = Counter()
    for document in documents:
        n_documents.update({line.strip() for line in document.split("\n")})
    del n_documents[""]
    return [
        "\n".join(
            line
            for line in document.split("\n")
            if n_documents[line.strip()] <= most
        )
        for document in documents
    ]


def signature(shingles, coefficients, p):
    """The MinHash signature of a set of integers.

    >>> signature({3, 8}, [(2, 1), (5, 0)], 11)
    [6, 4]
    """
    return [
        min(((a * x + b) % p for x in shingles), default=p)
        for a, b in coefficients
    ]


def estimate(a, b):
    """Share of places at which two signatures agree.

    >>> estimate([1, 2, 3, 4], [1, 9, 3, 9])
    0.5
    """
    return sum(x == y for x, y in zip(a, b, strict=True)) / len(a)


def candidates(signatures, n_bands):
    """Pairs of places whose signatures agree in a whole band.

    >>> candidates([[6, 4, 1, 1], [6, 4, 2, 2], [1, 1, 6, 4]], 2)
    {(0, 1)}
    """
    buckets = defaultdict(list)
    for place, row in enumerate(signatures):
        if len(row) % n_bands:
            raise ValueError(
                f"{len(row)} places cannot be cut into {n_bands} bands"
            )
        size = len(row) // n_bands
        for band in range(n_bands):
            run = tuple(row[band * size : (band + 1) * size])
            if place not in buckets[run]:
                buckets[run].append(place)
    return {
        pair for found in buckets.values() for pair in combinations(found, 2)
    }


# %% wrong: larger_place_first
# why: (j, i) instead of (i, j)
# says: The smaller place comes first
from collections import Counter, defaultdict
from itertools import combinations


def exact(documents):
    """Clusters of places of equal documents.

    >>> exact(["Tea for two", "tea  FOR two ", "Tea"])
    [[0, 1]]
    """
    places = defaultdict(list)
    for place, document in enumerate(documents):
        places[" ".join(document.lower().split())].append(place)
    return [cluster for cluster in places.values() if len(cluster) > 1]


def drop_lines(documents, most):
    r"""The documents without the lines that too many share.

    >>> drop_lines(["Home\nOne", "Home\nTwo", "Three"], 1)
    ['One', 'Two', 'Three']
    """
    n_documents = Counter()
    for document in documents:
        n_documents.update({line.strip() for line in document.split("\n")})
    del n_documents[""]
    return [
        "\n".join(
            line
            for line in document.split("\n")
            if n_documents[line.strip()] <= most
        )
        for document in documents
    ]


def signature(shingles, coefficients, p):
    """The MinHash signature of a set of integers.

    >>> signature({3, 8}, [(2, 1), (5, 0)], 11)
    [6, 4]
    """
    return [
        min(((a * x + b) % p for x in shingles), default=p)
        for a, b in coefficients
    ]


def estimate(a, b):
    """Share of places at which two signatures agree.

    >>> estimate([1, 2, 3, 4], [1, 9, 3, 9])
    0.5
    """
    return sum(x == y for x, y in zip(a, b, strict=True)) / len(a)


def candidates(signatures, n_bands):
    """Pairs of places whose signatures agree in a whole band.

    >>> candidates([[6, 4, 1, 1], [6, 4, 2, 2], [1, 1, 6, 4]], 2)
    {(0, 1)}
    """
    buckets = defaultdict(list)
    for place, row in enumerate(signatures):
        if len(row) % n_bands:
            raise ValueError(
                f"{len(row)} places cannot be cut into {n_bands} bands"
            )
        size = len(row) // n_bands
        for band in range(n_bands):
            run = tuple(row[band * size : (band + 1) * size])
            buckets[band, run].append(place)
    return {
        pair[::-1] for found in buckets.values() for pair in combinations(found, 2)
    }


# %% wrong: rest_of_the_hashes_ignored
# why: unequal bands are accepted
# says: cannot be cut into so many equal bands
from collections import Counter, defaultdict
from itertools import combinations


def exact(documents):
    """Clusters of places of equal documents.

    >>> exact(["Tea for two", "tea  FOR two ", "Tea"])
    [[0, 1]]
    """
    places = defaultdict(list)
    for place, document in enumerate(documents):
        places[" ".join(document.lower().split())].append(place)
    return [cluster for cluster in places.values() if len(cluster) > 1]


def drop_lines(documents, most):
    r"""The documents without the lines that too many share.

    >>> drop_lines(["Home\nOne", "Home\nTwo", "Three"], 1)
    ['One', 'Two', 'Three']
    """
    n_documents = Counter()
    for document in documents:
        n_documents.update({line.strip() for line in document.split("\n")})
    del n_documents[""]
    return [
        "\n".join(
            line
            for line in document.split("\n")
            if n_documents[line.strip()] <= most
        )
        for document in documents
    ]


def signature(shingles, coefficients, p):
    """The MinHash signature of a set of integers.

    >>> signature({3, 8}, [(2, 1), (5, 0)], 11)
    [6, 4]
    """
    return [
        min(((a * x + b) % p for x in shingles), default=p)
        for a, b in coefficients
    ]


def estimate(a, b):
    """Share of places at which two signatures agree.

    >>> estimate([1, 2, 3, 4], [1, 9, 3, 9])
    0.5
    """
    return sum(x == y for x, y in zip(a, b, strict=True)) / len(a)


def candidates(signatures, n_bands):
    """Pairs of places whose signatures agree in a whole band.

    >>> candidates([[6, 4, 1, 1], [6, 4, 2, 2], [1, 1, 6, 4]], 2)
    {(0, 1)}
    """
    buckets = defaultdict(list)
    for place, row in enumerate(signatures):
        if False:
            raise ValueError(
                f"{len(row)} places cannot be cut into {n_bands} bands"
            )
        size = len(row) // n_bands
        for band in range(n_bands):
            run = tuple(row[band * size : (band + 1) * size])
            buckets[band, run].append(place)
    return {
        pair for found in buckets.values() for pair in combinations(found, 2)
    }


# %% wrong: lines_of_splitlines
# why: form feeds end lines
# says: also cuts at form feeds
from collections import Counter, defaultdict
from itertools import combinations


def exact(documents):
    """Clusters of places of equal documents.

    >>> exact(["Tea for two", "tea  FOR two ", "Tea"])
    [[0, 1]]
    """
    places = defaultdict(list)
    for place, document in enumerate(documents):
        places[" ".join(document.lower().split())].append(place)
    return [cluster for cluster in places.values() if len(cluster) > 1]


def drop_lines(documents, most):
    r"""The documents without the lines that too many share.

    >>> drop_lines(["Home\nOne", "Home\nTwo", "Three"], 1)
    ['One', 'Two', 'Three']
    """
    n_documents = Counter()
    for document in documents:
        n_documents.update({line.strip() for line in document.splitlines()})
    del n_documents[""]
    return [
        "\n".join(
            line
            for line in document.splitlines()
            if n_documents[line.strip()] <= most
        )
        for document in documents
    ]


def signature(shingles, coefficients, p):
    """The MinHash signature of a set of integers.

    >>> signature({3, 8}, [(2, 1), (5, 0)], 11)
    [6, 4]
    """
    return [
        min(((a * x + b) % p for x in shingles), default=p)
        for a, b in coefficients
    ]


def estimate(a, b):
    """Share of places at which two signatures agree.

    >>> estimate([1, 2, 3, 4], [1, 9, 3, 9])
    0.5
    """
    return sum(x == y for x, y in zip(a, b, strict=True)) / len(a)


def candidates(signatures, n_bands):
    """Pairs of places whose signatures agree in a whole band.

    >>> candidates([[6, 4, 1, 1], [6, 4, 2, 2], [1, 1, 6, 4]], 2)
    {(0, 1)}
    """
    buckets = defaultdict(list)
    for place, row in enumerate(signatures):
        if len(row) % n_bands:
            raise ValueError(
                f"{len(row)} places cannot be cut into {n_bands} bands"
            )
        size = len(row) // n_bands
        for band in range(n_bands):
            run = tuple(row[band * size : (band + 1) * size])
            buckets[band, run].append(place)
    return {
        pair for found in buckets.values() for pair in combinations(found, 2)
    }


# %% wrong: documents_normalised_in_place
# why: the plain words take the place of the texts
# says: argument 1 of exact after the call
from collections import Counter, defaultdict
from itertools import combinations


def exact(documents):
    """Clusters of places of equal documents.

    >>> exact(["Tea for two", "tea  FOR two ", "Tea"])
    [[0, 1]]
    """
    places = defaultdict(list)
    for place, document in enumerate(documents):
        documents[place] = " ".join(document.lower().split())
        places[documents[place]].append(place)
    return [cluster for cluster in places.values() if len(cluster) > 1]


def drop_lines(documents, most):
    r"""The documents without the lines that too many share.

    >>> drop_lines(["Home\nOne", "Home\nTwo", "Three"], 1)
    ['One', 'Two', 'Three']
    """
    n_documents = Counter()
    for document in documents:
        n_documents.update({line.strip() for line in document.split("\n")})
    del n_documents[""]
    return [
        "\n".join(
            line
            for line in document.split("\n")
            if n_documents[line.strip()] <= most
        )
        for document in documents
    ]


def signature(shingles, coefficients, p):
    """The MinHash signature of a set of integers.

    >>> signature({3, 8}, [(2, 1), (5, 0)], 11)
    [6, 4]
    """
    return [
        min(((a * x + b) % p for x in shingles), default=p)
        for a, b in coefficients
    ]


def estimate(a, b):
    """Share of places at which two signatures agree.

    >>> estimate([1, 2, 3, 4], [1, 9, 3, 9])
    0.5
    """
    return sum(x == y for x, y in zip(a, b, strict=True)) / len(a)


def candidates(signatures, n_bands):
    """Pairs of places whose signatures agree in a whole band.

    >>> candidates([[6, 4, 1, 1], [6, 4, 2, 2], [1, 1, 6, 4]], 2)
    {(0, 1)}
    """
    buckets = defaultdict(list)
    for place, row in enumerate(signatures):
        if len(row) % n_bands:
            raise ValueError(
                f"{len(row)} places cannot be cut into {n_bands} bands"
            )
        size = len(row) // n_bands
        for band in range(n_bands):
            run = tuple(row[band * size : (band + 1) * size])
            buckets[band, run].append(place)
    return {
        pair for found in buckets.values() for pair in combinations(found, 2)
    }


# %% wrong: lines_dropped_in_place
# why: the caller's list is written to and returned
# says: argument 1 of drop_lines after the call
from collections import Counter, defaultdict
from itertools import combinations


def exact(documents):
    """Clusters of places of equal documents.

    >>> exact(["Tea for two", "tea  FOR two ", "Tea"])
    [[0, 1]]
    """
    places = defaultdict(list)
    for place, document in enumerate(documents):
        places[" ".join(document.lower().split())].append(place)
    return [cluster for cluster in places.values() if len(cluster) > 1]


def drop_lines(documents, most):
    r"""The documents without the lines that too many share.

    >>> drop_lines(["Home\nOne", "Home\nTwo", "Three"], 1)
    ['One', 'Two', 'Three']
    """
    n_documents = Counter()
    for document in documents:
        n_documents.update({line.strip() for line in document.split("\n")})
    del n_documents[""]
    for i, document in enumerate(documents):
        documents[i] = "\n".join(
            line
            for line in document.split("\n")
            if n_documents[line.strip()] <= most
        )
    return documents


def signature(shingles, coefficients, p):
    """The MinHash signature of a set of integers.

    >>> signature({3, 8}, [(2, 1), (5, 0)], 11)
    [6, 4]
    """
    return [
        min(((a * x + b) % p for x in shingles), default=p)
        for a, b in coefficients
    ]


def estimate(a, b):
    """Share of places at which two signatures agree.

    >>> estimate([1, 2, 3, 4], [1, 9, 3, 9])
    0.5
    """
    return sum(x == y for x, y in zip(a, b, strict=True)) / len(a)


def candidates(signatures, n_bands):
    """Pairs of places whose signatures agree in a whole band.

    >>> candidates([[6, 4, 1, 1], [6, 4, 2, 2], [1, 1, 6, 4]], 2)
    {(0, 1)}
    """
    buckets = defaultdict(list)
    for place, row in enumerate(signatures):
        if len(row) % n_bands:
            raise ValueError(
                f"{len(row)} places cannot be cut into {n_bands} bands"
            )
        size = len(row) // n_bands
        for band in range(n_bands):
            run = tuple(row[band * size : (band + 1) * size])
            buckets[band, run].append(place)
    return {
        pair for found in buckets.values() for pair in combinations(found, 2)
    }


# %% wrong: bands_cut_off
# why: each band is deleted from the signature
# says: argument 1 of candidates after the call
from collections import Counter, defaultdict
from itertools import combinations


def exact(documents):
    """Clusters of places of equal documents.

    >>> exact(["Tea for two", "tea  FOR two ", "Tea"])
    [[0, 1]]
    """
    places = defaultdict(list)
    for place, document in enumerate(documents):
        places[" ".join(document.lower().split())].append(place)
    return [cluster for cluster in places.values() if len(cluster) > 1]


def drop_lines(documents, most):
    r"""The documents without the lines that too many share.

    >>> drop_lines(["Home\nOne", "Home\nTwo", "Three"], 1)
    ['One', 'Two', 'Three']
    """
    n_documents = Counter()
    for document in documents:
        n_documents.update({line.strip() for line in document.split("\n")})
    del n_documents[""]
    return [
        "\n".join(
            line
            for line in document.split("\n")
            if n_documents[line.strip()] <= most
        )
        for document in documents
    ]


def signature(shingles, coefficients, p):
    """The MinHash signature of a set of integers.

    >>> signature({3, 8}, [(2, 1), (5, 0)], 11)
    [6, 4]
    """
    return [
        min(((a * x + b) % p for x in shingles), default=p)
        for a, b in coefficients
    ]


def estimate(a, b):
    """Share of places at which two signatures agree.

    >>> estimate([1, 2, 3, 4], [1, 9, 3, 9])
    0.5
    """
    return sum(x == y for x, y in zip(a, b, strict=True)) / len(a)


def candidates(signatures, n_bands):
    """Pairs of places whose signatures agree in a whole band.

    >>> candidates([[6, 4, 1, 1], [6, 4, 2, 2], [1, 1, 6, 4]], 2)
    {(0, 1)}
    """
    buckets = defaultdict(list)
    for place, row in enumerate(signatures):
        if len(row) % n_bands:
            raise ValueError(
                f"{len(row)} places cannot be cut into {n_bands} bands"
            )
        size = len(row) // n_bands
        for band in range(n_bands):
            buckets[band, tuple(row[:size])].append(place)
            del row[:size]
    return {
        pair for found in buckets.values() for pair in combinations(found, 2)
    }
