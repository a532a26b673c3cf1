"""Checks of exercise 1.10: measuring tokenizers and comparing models."""

import math

from scratchgrade.checks.kit import Exercise, Mistake, Session
from scratchgrade.checks.tokenization.inputs import WORDS, all_differ


def corpus(rng) -> tuple[list[str], list[list[int]]]:
    """Texts of very different length and script, with ids of some kind."""
    texts, encodings = [], []
    for n_words in (rng.randint(1, 3), rng.randint(5, 9), rng.randint(20, 40)):
        words = rng.choices(WORDS, k=n_words)
        text = rng.choice(["", " "]) + words[0]
        for word in ["день", *words[1:]]:
            text += rng.choice([" ", " ", "  ", "\n"]) + word
        texts.append(text)
        n_tokens = n_words + rng.randint(1, 4 * n_words)
        encodings.append([rng.randrange(50_000) for _ in range(n_tokens)])
    return texts, encodings


ex10 = Exercise(
    "1.10",
    "Metrics that compare",
    needs=("bytes_per_token", "fertility", "rank_models"),
    read="Chapter 1, Step 7: Measure",
)


@ex10.check("bytes per token of one text", points=1)
def of_one_text(s: Session):
    texts, encodings = corpus(s.rng)
    text, ids = texts[1], encodings[1]
    n_bytes = len(text.encode())
    s.close(
        s.call("bytes_per_token", [text], [ids]),
        n_bytes / len(ids),
        checked=f"bytes_per_token of a text of {len(text)} characters, "
        f"{n_bytes} bytes, {len(ids)} tokens",
        look="The number of UTF-8 bytes divided by the number of tokens.",
        mistakes=[
            Mistake(
                len(text) / len(ids),
                "You count characters. The course counts bytes, "
                "len(text.encode('utf-8')): they are what a byte-level "
                "tokenizer joins, and mean the same in every script.",
            ),
            Mistake(
                len(ids) / n_bytes,
                "Upside down: this is tokens per byte. Large means that much "
                "text fits in a token.",
            ),
        ],
    )


@ex10.check("fertility of one text", points=1)
def fertility_of_one(s: Session):
    text = ""
    while len(text.split(" ")) == len(text.split()) or not text:
        texts, encodings = corpus(s.rng)
        text, ids = texts[2] + "  \n", encodings[2]
    n_words = len(text.split())
    s.close(
        s.call("fertility", [text], [ids]),
        len(ids) / n_words,
        checked=f"fertility of a text of {n_words} words, {len(ids)} tokens, "
        "with runs of spaces and newlines",
        look="The number of tokens divided by the number of words, as "
        "text.split() finds them.",
        mistakes=[
            Mistake(
                len(ids) / len(text.split(" ")),
                "text.split(' ') cuts at every single space: two in a row "
                "make an empty word, a newline makes none. text.split() cuts "
                "at any run of white space.",
            ),
            Mistake(
                n_words / len(ids),
                "This is words per token. Fertility is how many tokens a "
                "word costs.",
            ),
        ],
    )


@ex10.check("several texts: one ratio of sums", points=1)
def ratio_of_sums(s: Session):
    texts, encodings = corpus(s.rng)
    n_tokens = [len(ids) for ids in encodings]
    pairs = {
        "bytes_per_token": [
            (len(text.encode()), n)
            for text, n in zip(texts, n_tokens, strict=True)
        ],
        "fertility": [
            (n, len(text.split()))
            for text, n in zip(texts, n_tokens, strict=True)
        ],
    }
    for name, ratios in pairs.items():
        above, below = map(sum, zip(*ratios, strict=True))
        s.close(
            s.call(name, texts, encodings),
            above / below,
            checked=f"{name} of three texts with {n_tokens} tokens",
            look="Add up over all texts first, then divide once.",
            mistakes=[
                Mistake(
                    sum(a / b for a, b in ratios) / len(ratios),
                    "This is the mean of the three ratios: a text of three "
                    "words weighs as much as one of forty. Divide the sums.",
                )
            ],
        )
    s.close(
        s.call("bytes_per_token", [*texts, ""], [*encodings, []]),
        sum(len(text.encode()) for text in texts) / sum(n_tokens),
        checked="bytes_per_token when one of the texts is empty",
        look="An empty text adds nothing, neither bytes nor tokens.",
    )


def losses(rng, n: int, mean: float) -> list[float]:
    values = [rng.uniform(0.5, 1.5) for _ in range(n)]
    scale = mean * n / sum(values)
    return [value * scale for value in values]


def bits(text: str, nats: list[float]) -> float:
    return math.fsum(nats) / math.log(2) / len(text.encode())


@ex10.check("bits per byte", points=2)
def bits_per_byte(s: Session):
    texts, _ = corpus(s.rng)
    text = texts[1]
    n_bytes = len(text.encode())
    uniform = [math.log(256)] * n_bytes
    nats = losses(s.rng, s.rng.randint(4, n_bytes // 2), s.rng.uniform(2, 5))
    total = math.fsum(nats)
    for name, values, about in (
        ("uniform", uniform, "that gives each byte the probability 1/256"),
        ("model", nats, f"with {len(nats)} tokens, {total:.3f} nats in all"),
    ):
        got = s.call("rank_models", text, {name: values})
        right = bits(text, values)
        checked = f"bits per byte of a model {about}, on {n_bytes} bytes"
        s.equal(
            [x[0] for x in got] if _is_ranking(got) else got,
            [name],
            checked=f"the form of the answer for one model, {name!r}",
            look="rank_models returns a list with one (name, bits per byte) "
            "for each model.",
        )
        s.close(
            got[0][1],
            right,
            checked=checked,
            look="Add up the losses of all tokens (nats), divide by ln 2 "
            "(bits), divide by the number of bytes.",
            mistakes=[
                Mistake(
                    right * math.log(2),
                    "These are nats per byte. One bit is ln 2 = 0.693 nats: "
                    "divide by math.log(2).",
                ),
                Mistake(
                    right * math.log(2) ** 2,
                    "You multiplied by ln 2. A nat is more than a bit, so "
                    "the number of bits is larger: divide.",
                ),
                Mistake(
                    right * n_bytes / len(text),
                    "These are bits per character. Another script has more "
                    "bytes a character: divide by len(text.encode('utf-8')).",
                ),
                Mistake(
                    right * n_bytes / len(values),
                    "These are bits per token. The number of tokens is the "
                    "tokenizer's choice: divide by the bytes of the text.",
                ),
                Mistake(
                    math.exp(math.fsum(values) / len(values)),
                    "This is the perplexity per token, which belongs to one "
                    "tokenizer. Bits per byte are asked.",
                ),
            ],
        )


def _is_ranking(got) -> bool:
    return isinstance(got, list) and all(
        isinstance(x, (list, tuple)) and len(x) == 2 for x in got
    )


@ex10.check("the ranking does not depend on the tokenizer", points=1)
def ranking(s: Session):
    def per_byte(name):
        return bits(text, models[name])

    def per_token(name):
        return math.fsum(models[name]) / len(models[name])

    orders: list = [[], []]
    while not all_differ(orders):
        text = corpus(s.rng)[0][2]
        n = len(text.encode())
        models = {}
        for name in s.rng.sample(["ada", "bea", "cleo", "dora"], 4):
            n_tokens = s.rng.randint(n // 6, n)
            mean = s.rng.uniform(1.0, 2.0) * n / n_tokens
            models[name] = losses(s.rng, n_tokens, mean)
        orders = [
            sorted(models, key=per_byte),
            sorted(models, key=per_token),
            sorted(models, key=per_byte, reverse=True),
            list(models),
        ]
    got = s.call("rank_models", text, models)
    s.equal(
        [x[0] for x in got] if _is_ranking(got) else got,
        orders[0],
        checked="the order of models whose tokenizers cut the text into "
        + ", ".join(f"{len(nats)}" for nats in models.values())
        + " tokens",
        look="The fewest bits per byte come first.",
        mistakes=[
            Mistake(
                orders[1],
                "You ranked by the loss per token, which is the order of "
                "perplexity. A model with short tokens has an easier guess "
                "each time, but more of them: compare per byte.",
            ),
            Mistake(
                orders[2],
                "The worst model comes first. Bits are a cost: fewer is "
                "better.",
            ),
            Mistake(
                orders[3],
                "The models are in the order in which they came; sort them.",
            ),
        ],
    )
    s.keeps(
        "rank_models",
        text,
        models,
        look="Your code changes the losses that it was given: another "
        "question about these models can no longer be asked. Put the results "
        "into a dictionary of your own.",
    )
