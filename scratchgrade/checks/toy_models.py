"""Small models as text, for exercises in which a student writes a test.

They go into the box by `calls.source`: a list of ids comes in, and the body
that an exercise adds says what is given back.
"""

import random

from scratchgrade.checks.calls import source

PARTS = """
import math

def vector(token_id):
    return [math.sin({seed} + 7.3 * token_id + i * i) for i in range(4)]

def add(a, b):
    return [x + y for x, y in zip(a, b)]

def mean(rows):
    return [math.fsum(row[i] for row in rows) / len(rows) for i in range(4)]

def attend(rows, query):
    scores = [sum(x * y for x, y in zip(query, row)) for row in rows]
    weights = [math.exp(s) for s in scores]
    total = math.fsum(weights)
    return [
        math.fsum(w * row[i] for w, row in zip(weights, rows)) / total
        for i in range(4)
    ]

def model(ids):
    rows = [vector(t) for t in ids]
"""


def model(rng: random.Random, body: str) -> dict:
    """The model with this body, behind `rows`; its numbers are drawn."""
    seed = str(rng.randint(1, 999))
    return source(PARTS.replace("{seed}", seed) + body, "model")
