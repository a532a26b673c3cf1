"""Checks of exercise 2.9: quality rules and masked privacy."""

import re
from collections import Counter

from scratchgrade.checks.kit import Exercise, Mistake, Session

ex9 = Exercise(
    "2.9",
    "Quality rules and masked privacy",
    needs=("broken_rules", "mask"),
    read="Chapter 2, Step 7: Clean",
)

STOP = {"the", "of", "and", "to", "in", "a", "is", "that"}
PLAIN = [
    "river",
    "stone",
    "bread",
    "letter",
    "winter",
    "morning",
    "garden",
    "window",
]
LONG = ["internationalization", "characteristically", "counterrevolutionary"]


def true_rules(
    text,
    *,
    words_of=str.split,
    n_words=20,
    blank=str.isspace,
    stop=None,
    at_least=4,
    share=0.3,
):
    """The oracle; its numbers and parts can be changed."""
    words = words_of(text)
    broken = []
    if len(words) < n_words:
        broken.append("short")
    if words and sum(map(len, words)) / len(words) > 10:
        broken.append("long words")
    solid = [c for c in text if not blank(c)]
    if solid and sum(map(str.isalpha, solid)) < 0.7 * len(solid):
        broken.append("symbols")
    lines = [x.strip() for x in text.split("\n") if x.strip()]
    most = max(Counter(lines).values(), default=0)
    if len(lines) >= at_least and most > share * len(lines):
        broken.append("repeats")
    found = (stop or stop_words)(text)
    if found < 2:
        broken.append("no stop words")
    return sorted(broken)


def stop_words(text):
    return sum(w in STOP for w in re.findall(r"\w+", text.lower()))


def stop_as_substrings(text):
    return sum(text.lower().count(w) for w in STOP)


def stop_with_case(text):
    return sum(w in STOP for w in re.findall(r"\w+", text))


def different_stop_words(text):
    return len(STOP & {*re.findall(r"\w+", text.lower())})


def some_text(rng):
    """Each rule is broken, or nearly, in a good part of the draws."""
    n = rng.choice([12, 19, 20, 21, 30])
    pool = rng.choice([PLAIN, PLAIN, PLAIN + LONG, LONG])
    words = rng.choices(pool, k=n)
    for _ in range(rng.choice([0, 1, 2, 4])):
        word = rng.choice(sorted(STOP))
        words[rng.randrange(n)] = rng.choice([word, word.title()])
    if rng.random() < 0.3:
        words += rng.choices(["12;34", "---", "{}=1", "$$"], k=n // 2)
    if rng.random() < 0.3:
        words[: n // 2] = [w + "-+" for w in words[: n // 2]]
    lines, at = [], 0
    while at < len(words):
        size = rng.randint(3, 7)
        lines.append(" ".join(words[at : at + size]))
        at += size
    for _ in range(rng.choice([0, 0, 1, 2, 4])):
        lines.insert(rng.randrange(len(lines) + 1), "Subscribe today")
    return (rng.choice(["\n", "\n\n", "\n  "]).join(lines),)


RULE_SLIPS = [
    Mistake(
        lambda t: true_rules(t, n_words=21),
        "Exactly 20 words are enough: fewer than 20 is short.",
    ),
    Mistake(
        lambda t: true_rules(t, words_of=list),
        "You measure characters where words were meant.",
    ),
    Mistake(
        lambda t: true_rules(t, blank=lambda c: False),
        "You count spaces among the characters, so plain prose has few "
        "letters. Leave white space out.",
    ),
    Mistake(
        lambda t: true_rules(t, stop=stop_as_substrings),
        'You find stop words inside others: "the" in "other". Compare '
        "whole words.",
    ),
    Mistake(
        lambda t: true_rules(t, stop=stop_with_case),
        'A sentence begins with "The": compare in lower case.',
    ),
    Mistake(
        lambda t: true_rules(t, stop=different_stop_words),
        "You count different stop words. Two places are enough, of one word "
        "as well.",
    ),
    Mistake(
        lambda t: true_rules(t, at_least=1),
        "With fewer than 4 lines nothing is said about repeats.",
    ),
    Mistake(
        lambda t: true_rules(t, share=0.2999999),
        "The most frequent line may be 30 % of the lines; more is too much.",
    ),
    Mistake(
        lambda t: bool(true_rules(t)),
        "Return the names of the broken rules, sorted, so that somebody can "
        "look what was thrown away and why.",
    ),
    Mistake(
        lambda t: true_rules(t)[:1],
        "You stop at the first broken rule. Name all of them.",
    ),
]


@ex9.check("names the rules that a text breaks", points=3)
def rules(s: Session):
    third = "\n".join(["same line"] * 3 + [f"line {c}" for c in "abcdefg"])
    s.agrees(
        "broken_rules",
        true_rules,
        given=[
            ("",),
            ("the of",),
            (third + " the the",),
            ("word " * 19 + "the",),
            ("the " * 20,),
        ],
        draw=some_text,
        checked="the broken rules of a text",
        look="Words are what str.split gives; letters are str.isalpha; lines "
        "are stripped, and empty ones do not count; stop words are whole "
        "words in any case. The names come sorted.",
        mistakes=RULE_SLIPS,
    )


# --- masking ---------------------------------------------------------------

# What is written, what remains, and what to say where it does not. This table
# is the oracle: no pattern of ours decides what is right.
ADDRESS = (
    "Letters, digits and . _ + - before the @; behind it labels with dots "
    "between, the last of letters."
)
STOP_STAYS = "The full stop ends the sentence; it is not part of the address."
DOTTED = "Behind the @ stand at least two labels: a dot is needed."
TOP = "The last label has at least two characters, all of them letters."
NO_SIGN = "An @ with nothing before or behind it is no address."
FOUR = "Four numbers with dots between, each from 0 to 255."
FIVE = "Five numbers are no address, nor is a part of them."
LARGE = "Each number is at most 255."
VERSION = "Three numbers, or a letter before them: a version, no address."
PHONE = "A + and 8 to 15 digits."
GAPS = "People put single spaces or hyphens between the digits."
NO_PLUS = "Without a + it may be a year or a price: leave it."
TOO_MANY = "More than 15 digits are no telephone number, nor a part of one."
ENDS = "The number ends with its last digit: the space behind it stays."
NO_DOTS = "Dots between digits: this is no telephone number here."
TOO_FEW = "Fewer than 8 digits are no telephone number here."
TABLES = {
    "addresses": [
        ("ada@example.org", "<EMAIL>", ADDRESS),
        ("b.c+news@mail.example.co.uk", "<EMAIL>", ADDRESS),
        ("(x_1@a-b.de)", "(<EMAIL>)", ADDRESS),
        ("Write to ada@example.org.", "Write to <EMAIL>.", STOP_STAYS),
        ("a @ b", "a @ b", NO_SIGN),
        ("@handle and me@", "@handle and me@", NO_SIGN),
        ("user@localhost", "user@localhost", DOTTED),
        ("a@b.1", "a@b.1", TOP),
        ("a@b.c", "a@b.c", TOP),
    ],
    "machines": [
        ("192.168.0.1", "<IP>", FOUR),
        ("at 8.8.8.8, 255.255.255.255", "at <IP>, <IP>", FOUR),
        ("Ping 10.0.0.7.", "Ping <IP>.", STOP_STAYS),
        ("1.2.3.4.5", "1.2.3.4.5", FIVE),
        ("999.1.1.1", "999.1.1.1", LARGE),
        ("256.0.0.1", "256.0.0.1", LARGE),
        ("v1.2.3", "v1.2.3", VERSION),
        ("1.2.3", "1.2.3", VERSION),
    ],
    "telephones": [
        ("+380441234567", "<PHONE>", PHONE),
        ("+12345678", "<PHONE>", PHONE),
        ("+123456789012345", "<PHONE>", PHONE),
        ("+44 20 7946 0958", "<PHONE>", GAPS),
        ("call +1-202-555-0147!", "call <PHONE>!", GAPS),
        ("in 1984 and 2026", "in 1984 and 2026", NO_PLUS),
        ("12 345 678 euros", "12 345 678 euros", NO_PLUS),
        ("+1234567", "+1234567", TOO_FEW),
        ("+1234567890123456", "+1234567890123456", TOO_MANY),
        ("+123 456 789 012 345 6", "+123 456 789 012 345 6", TOO_MANY),
        ("+12345678 and more", "<PHONE> and more", ENDS),
        ("+1.202.555.0147", "+1.202.555.0147", NO_DOTS),
        ("2 + 2 = 4", "2 + 2 = 4", TOO_FEW),
    ],
}


def written() -> list[str]:
    return [row[0] for table in TABLES.values() for row in table]


@ex9.check("masks addresses and numbers, and only those", points=2)
def masks(s: Session):
    for table in TABLES.values():
        for text, want, look in table:
            s.equal(
                s.call("mask", text),
                want,
                checked=f"mask({text!r})",
                look=look,
            )
        rows = s.rng.sample(table, len(table))
        text = "; ".join(row[0] for row in rows)
        s.equal(
            s.call("mask", text),
            "; ".join(row[1] for row in rows),
            checked=f"mask({text!r})",
            look="Several in one text: replace each where it stands.",
        )


@ex9.check("masks nothing twice", points=1)
def masks_once(s: Session):
    pieces = written()
    for _ in range(5):
        text = " | ".join([pieces[0], *s.rng.sample(pieces, 6)])
        once = s.call("mask", text)
        s.true(
            isinstance(once, str) and "<" in once,
            checked=f"mask({text!r})",
            came_out=f"{once!r:.70}",
            look="This check waits for a right answer: mend the one before.",
        )
        s.equal(
            s.call("mask", once),
            once,
            checked=f"mask({once!r}), a text that is masked already",
            look="Masking again must change nothing: data are cleaned more "
            "than once.",
        )
