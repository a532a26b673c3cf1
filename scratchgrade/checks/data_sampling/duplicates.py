"""Checks of exercise 2.6: duplicates, exact, by line, and near."""

from collections import Counter, defaultdict
from itertools import combinations, pairwise

from scratchgrade.checks.kit import Exercise, Mistake, Session, StudentError

WORDS = ["tea", "Sea", "river", "її", "bread", "STONE", "letter", "7"]

ex6 = Exercise(
    "2.6",
    "Duplicates: exact, by line, near",
    needs=("exact", "drop_lines", "signature", "estimate", "candidates"),
    read="Chapter 2, Step 5: Deduplicate",
)


# --- exact -----------------------------------------------------------------


def clusters(documents, plain=lambda t: " ".join(t.lower().split())):
    places = defaultdict(list)
    for i, document in enumerate(documents):
        places[plain(document)].append(i)
    return [c for c in places.values() if len(c) > 1]


def some_copies(rng):
    texts = [" ".join(rng.choices(WORDS, k=2)) for _ in range(3)]
    written = [
        str.upper,
        str.lower,
        lambda t: t.replace(" ", "\n "),
        lambda t: f" {t}  ",
        lambda t: t.replace(" ", ""),
        str,
    ]
    return ([rng.choice(written)(rng.choice(texts)) for _ in range(8)],)


@ex6.check("finds exact copies, written differently", points=2)
def exact_copies(s: Session):
    s.agrees(
        "exact",
        clusters,
        given=[([],), (["a"],), (["A b", "c", "a  b\n", "c", "a b"],)],
        draw=some_copies,
        checked="clusters of equal documents",
        look="Compare the lower-case words joined by single spaces. A "
        "cluster is the list of its places; those of one document are left "
        "out; clusters come in the order of their first document.",
        mistakes=[
            Mistake(
                lambda d: clusters(d, str),
                "Case and white space make no other document here: compare "
                '" ".join(text.lower().split()).',
            ),
            Mistake(
                lambda d: clusters(d, str.lower),
                "Runs of white space, and spaces at the ends, make no other "
                "document.",
            ),
            Mistake(
                lambda d: clusters(d, lambda t: " ".join(t.split())),
                "Upper and lower case are the same here.",
            ),
            Mistake(
                lambda d: clusters(d, lambda t: "".join(t.lower().split())),
                'Without any space "a bc" and "ab c" are the same, and they '
                "should not be: join the words by one space.",
            ),
            Mistake(
                lambda d: [c[1:] for c in clusters(d)],
                "The first of each cluster is missing: list all places.",
            ),
            Mistake(
                lambda d: [list(p) for c in clusters(d) for p in pairwise(c)],
                "You list pairs. All equal documents are one cluster.",
            ),
        ],
    )
    s.keeps("exact", ["Tea  for", "tea for"])


# --- lines -----------------------------------------------------------------


def without_lines(documents, most, *, count=None, keep=None):
    """The oracle; `count` says in how many documents a line stands."""
    if count is None:
        sets = [{x.strip() for x in d.split("\n")} for d in documents]
        count = Counter(line for lines in sets for line in lines)
    keep = keep or (lambda line: not line or count[line] <= most)
    return [
        "\n".join(x for x in d.split("\n") if keep(x.strip()))
        for d in documents
    ]


def occurrences(documents, most):
    lines = (x.strip() for d in documents for x in d.split("\n"))
    return without_lines(documents, most, count=Counter(lines))


def empty_ones_too(documents, most):
    sets = [{x.strip() for x in d.split("\n")} for d in documents]
    count = Counter(line for lines in sets for line in lines)
    return without_lines(documents, most, keep=lambda x: count[x] <= most)


def as_written(documents, most):
    """Compares lines with their white space."""
    sets = [set(d.split("\n")) for d in documents]
    count = Counter(line for lines in sets for line in lines)
    return [
        "\n".join(
            x for x in d.split("\n") if not x.strip() or count[x] <= most
        )
        for d in documents
    ]


def kept_once(documents, most):
    sets = [{x.strip() for x in d.split("\n")} for d in documents]
    count = Counter(line for lines in sets for line in lines)
    met, result = set(), []
    for document in documents:
        lines = []
        for x in document.split("\n"):
            line = x.strip()
            if not line or count[line] <= most or line not in met:
                lines.append(x)
            met.add(line)
        result.append("\n".join(lines))
    return result


def by_splitlines(documents, most):
    """Form feeds and such end a line too, and are lost."""
    plain = ["\n".join(text.splitlines()) for text in documents]
    return without_lines(plain, most)


def some_pages(rng):
    common = ["Home | Contact", "  Share this", "All rights reserved"]
    pages = []
    for _ in range(6):
        lines = [rng.choice(WORDS) for _ in range(rng.randint(1, 3))]
        lines += rng.sample(common, rng.randint(0, 3)) + [""]
        lines += [rng.choice(lines).strip()] * rng.randint(0, 3)
        rng.shuffle(lines)
        pages.append("\n".join(lines))
    return pages, rng.randint(1, 4)


@ex6.check("drops lines that too many documents share", points=3)
def shared_lines(s: Session):
    s.agrees(
        "drop_lines",
        without_lines,
        given=[([], 1), (["a\nb", "b", "b\n\nc"], 2), (["a\na\na", "b"], 1)]
        + [(["a\x0cb\nc", "b", "b"], 1)],
        draw=some_pages,
        checked="lines shared by many documents",
        look="Strip each line, and count in how many different documents it "
        "stands. Drop it everywhere if that is more than `most`; empty lines "
        "stay, and so does the white space of the others.",
        mistakes=[
            Mistake(
                occurrences,
                "You count occurrences. A refrain stands ten times in one "
                "song, and that is no boilerplate: count documents.",
            ),
            Mistake(
                lambda d, most: without_lines(d, most - 1),
                "A line in exactly `most` documents stays: drop only what "
                "stands in more.",
            ),
            Mistake(
                empty_ones_too,
                "Empty lines are dropped, and paragraphs run together. They "
                "stay.",
            ),
            Mistake(
                as_written,
                "Lines are compared with their white space. Strip them to "
                "compare, and keep the others as they are.",
            ),
            Mistake(
                by_splitlines,
                "str.splitlines also cuts at form feeds and other marks that "
                'stand inside a line. Here a line ends at "\\n".',
            ),
            Mistake(
                kept_once,
                "The first document keeps the line. A menu is no text in the "
                "first page either: drop it everywhere.",
            ),
            Mistake(
                lambda d, most: [
                    "\n".join(x.strip() for x in t.split("\n"))
                    for t in without_lines(d, most)
                ],
                "The lines that stay have lost their white space. Code and "
                "verse need it.",
            ),
        ],
    )
    s.keeps("drop_lines", ["a\nb", "b"], 1)


# --- MinHash ---------------------------------------------------------------


def minhash(shingles, coefficients, p, pick=min):
    return [
        pick(((a * x + b) % p for x in shingles), default=p)
        for a, b in coefficients
    ]


def smallest_of_one(shingles, coefficients, p):
    a, b = coefficients[0]
    found = sorted((a * x + b) % p for x in shingles)
    return (found + [p] * len(coefficients))[: len(coefficients)]


def argument_of_minimum(shingles, coefficients, p):
    return [
        min(shingles, key=lambda x: (a * x + b) % p) if shingles else p
        for a, b in coefficients
    ]


def some_shingles(rng):
    p = rng.choice([101, 997, 2**31 - 1])
    shingles = {rng.randrange(p) for _ in range(rng.randint(1, 12))}
    n = rng.randint(3, 6)
    pairs = [(rng.randrange(1, p), rng.randrange(p)) for _ in range(n)]
    return shingles, pairs, p


@ex6.check("the signature of a set", points=2)
def signatures(s: Session):
    s.agrees(
        "signature",
        minhash,
        given=[(set(), [(3, 1), (4, 5)], 11), ({7}, [(1, 0)], 5)],
        draw=some_shingles,
        checked="the MinHash signature of a set of numbers",
        look="One number for each pair (a, b): the smallest (a * x + b) % p "
        "over all x of the set; p itself for the empty set.",
        mistakes=[
            Mistake(
                lambda x, c, p: minhash(x, c, p, pick=max),
                "You take the largest. The largest would do as well, but all "
                "must do the same: MinHash takes the smallest.",
            ),
            Mistake(
                smallest_of_one,
                "You take the smallest values of the first function. One "
                "value of each function is asked, else the places of two "
                "signatures do not belong together.",
            ),
            Mistake(
                argument_of_minimum,
                "You return the x with the smallest hash; return the hash.",
            ),
            Mistake(
                lambda x, c, p: [
                    min((a * (y + b) % p for y in x), default=p) for a, b in c
                ],
                "(a * x + b) % p: multiply first, then add b.",
            ),
            Mistake(
                lambda x, c, p: [
                    min((a * y + b for y in x), default=p) for a, b in c
                ],
                "Without % p the order of the hashes is that of x, for every "
                "pair: nothing is mixed.",
            ),
        ],
    )


def share_alike(a, b):
    return sum(x == y for x, y in zip(a, b, strict=True)) / len(a)


def some_pair(rng):
    n = rng.choice([4, 8, 16])
    a = [rng.randrange(5) for _ in range(n)]
    return a, [x if rng.random() < 0.5 else rng.randrange(5) for x in a]


@ex6.check("estimates the similarity, place by place", points=1)
def estimates(s: Session):
    s.agrees(
        "estimate",
        share_alike,
        draw=some_pair,
        checked="the estimate of two signatures",
        look="The share of places at which the two are equal.",
        mistakes=[
            Mistake(
                lambda a, b: len({*a} & {*b}) / len({*a} | {*b}),
                "You compare the two as sets. Place k belongs to hash "
                "function k: compare place by place.",
            ),
            Mistake(
                lambda a, b: sum(x == y for x, y in zip(a, b, strict=True)),
                "That is the number of equal places; divide by how many "
                "there are.",
            ),
            Mistake(
                lambda a, b: (
                    sum(x == y for x, y in zip(a, b, strict=True))
                    / (2 * len(a))
                ),
                "There are as many places as a signature has, not twice as "
                "many.",
            ),
        ],
    )


def alike_in_a_band(rows, n_bands, *, bands=None, enough=any):
    n = len(rows[0]) if rows else n_bands
    if n_bands < 1 or n % n_bands:
        raise ValueError("bands of different lengths")
    bands = bands or runs
    found = set()
    for i, j in combinations(range(len(rows)), 2):
        if enough(
            [rows[i][k] for k in band] == [rows[j][k] for k in band]
            for band in bands(n, n_bands)
        ):
            found.add((i, j))
    return found


def runs(n, n_bands):
    size = n // n_bands
    return [range(k * size, k * size + size) for k in range(n_bands)]


def strides(n, n_bands):
    return [range(k, n, n_bands) for k in range(n_bands)]


def swapped(n, n_bands):
    return runs(n, n // n_bands)


def without_band_number(rows, n_bands):
    n = len(rows[0]) if rows else n_bands
    if n_bands < 1 or n % n_bands:
        raise ValueError("bands of different lengths")
    bands = runs(n, n_bands)
    keys = [{tuple(r[k] for k in band) for band in bands} for r in rows]
    pairs = combinations(range(len(rows)), 2)
    return {(i, j) for i, j in pairs if keys[i] & keys[j]}


def some_signatures(rng):
    n_bands, size = rng.choice([(2, 3), (3, 2), (4, 2), (2, 4)])
    n = n_bands * size
    base = [rng.randrange(3) for _ in range(n)]
    rows = [
        [x if rng.random() < 0.6 else rng.randrange(3) for x in base]
        for _ in range(5)
    ]
    return rows, n_bands


@ex6.check("proposes pairs that agree in a whole band", points=3)
def proposed(s: Session):
    s.agrees(
        "candidates",
        alike_in_a_band,
        given=[([[1, 2, 3, 4], [3, 4, 1, 2]], 2), ([[1, 2]], 1)],
        draw=some_signatures,
        checked="pairs that agree in a band",
        look="Cut each signature into n_bands runs of neighbours. A pair "
        "(i, j), i < j, is proposed if it agrees in all places of at least "
        "one band.",
        mistakes=[
            Mistake(
                lambda r, n: alike_in_a_band(r, n, bands=strides),
                "Your bands take every n_bands-th place; they are runs of "
                "neighbours.",
            ),
            Mistake(
                lambda r, n: alike_in_a_band(r, n, bands=swapped),
                "You cut bands of n_bands places. n_bands is their number.",
            ),
            Mistake(
                lambda r, n: alike_in_a_band(r, n, enough=all),
                "You ask all bands to agree. One is enough: a band is an "
                "AND of its places, the bands together an OR.",
            ),
            Mistake(
                without_band_number,
                "Two documents meet whose equal runs stand in different "
                "bands. Let the band's number be part of the key.",
            ),
            Mistake(
                lambda r, n: {(j, i) for i, j in alike_in_a_band(r, n)},
                "The smaller place comes first: (i, j) with i < j.",
            ),
        ],
    )
    s.keeps("candidates", *some_signatures(s.rng))


@ex6.check("refuses bands of different lengths", points=1)
def refused(s: Session):
    rows = [[s.rng.randrange(9) for _ in range(6)] for _ in range(2)]
    for n_bands in (4, 5):
        s.raises(
            "ValueError",
            "candidates",
            rows,
            n_bands,
            checked=f"candidates of signatures of 6 places in {n_bands} bands",
            look="6 places cannot be cut into so many equal bands: raise "
            "ValueError, or some hashes are left out in silence.",
        )
    try:
        got = s.call("candidates", rows, 3)
    except StudentError as error:
        got = str(error)
    s.true(
        isinstance(got, (set, frozenset)),
        checked="candidates of 6 places in 3 bands",
        came_out=f"{got!r:.60}, expected a set",
        look="Return a set of pairs.",
    )
