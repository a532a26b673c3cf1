"""Checks of exercise 1.5: GPT-2's pre-split, and digits in groups."""

import functools
from itertools import pairwise

import regex

from scratchgrade.checks.kit import Exercise, Mistake, Session

splitting = Exercise(
    "1.5",
    "GPT-2's pre-split, and digits in groups",
    needs=("split_words",),
    read="Chapter 1, Step 4: Pre-split",
)

RULES = {
    "contractions": r"'(?:[sdmt]|ll|ve|re)",
    "letters": r" ?\p{L}+",
    "digits": r" ?\p{N}+",
    "marks": r" ?[^\s\p{L}\p{N}]+",
    "blanks": r"\s+(?!\S)|\s+",
}


DIGITS = regex.compile(RULES["digits"])


def group_from_the_right(word: str, group: int) -> list[str]:
    """A word of digits, cut; the space stays with the first group."""
    space, digits = word[: word.count(" ")], word.lstrip(" ")
    edges = [*range(len(digits) % group, len(digits), group), len(digits)]
    cuts = [digits[i:j] for i, j in pairwise(edges)]
    head = digits[: edges[0]]
    if head:
        return [space + head, *cuts]
    return [space + cuts[0], *cuts[1:]]


def group_from_the_left(word: str, group: int) -> list[str]:
    space, digits = word[: word.count(" ")], word.lstrip(" ")
    cuts = [digits[i : i + group] for i in range(0, len(digits), group)]
    return [space + cuts[0], *cuts[1:]]


def group_space_and_all(word: str, group: int) -> list[str]:
    """One who counts the space as a digit."""
    first = len(word) % group or group
    rest = [word[i : i + group] for i in range(first, len(word), group)]
    return [word[:first], *rest]


def group_and_drop_space(word: str, group: int) -> list[str]:
    return group_from_the_right(word.lstrip(" "), group)


def true_words(
    text,
    group=None,
    *,
    cut=group_from_the_right,
    numbers=DIGITS,
    **rules,
):
    """The oracle; its rules can be exchanged for wrong ones."""
    words = []
    for word in _compiled("|".join({**RULES, **rules}.values())).findall(text):
        if group and numbers.fullmatch(word):
            words += cut(word, group)
        else:
            words.append(word)
    return words


@functools.cache
def _compiled(pattern: str):
    return regex.compile(pattern)


def split_with(**parts):
    def wrong(text, group=None):
        return true_words(text, group, **parts)

    wrong.__name__ = "split_with_" + "_".join(parts)
    return wrong


SPACE_MISTAKES = [
    Mistake(
        split_with(letters=r"\p{L}+ ?", digits=r"\p{N}+ ?"),
        "The space hangs at the end of the word. It belongs to the word "
        "behind it: ` ?` comes before the letters.",
    ),
    Mistake(
        split_with(digits=r"\p{N}+", marks=r"[^\s\p{L}\p{N}]+"),
        "Only words of letters took their space along. Digits and marks do "
        "so too.",
    ),
    Mistake(
        split_with(
            letters=r"\p{L}+", digits=r"\p{N}+", marks=r"[^\s\p{L}\p{N}]+"
        ),
        "No word took its space along. One space in front belongs to the "
        "word.",
    ),
    Mistake(
        split_with(marks=r" ?[^\s\p{L}\p{N}]"),
        "Marks were cut one by one. A run of marks is one word: `...`, `?!`.",
    ),
    Mistake(
        lambda text, group=None: text.split(),
        "`str.split` throws white space away. Nothing may get lost: joining "
        "the words must give the text.",
    ),
]
BLANK_MISTAKES = [
    Mistake(
        split_with(
            blanks=r"[ \t\n\r]+(?![^ \t\n\r])|[ \t\n\r]+",
            marks=r" ?(?:[^\s\p{L}\p{N}]|(?![ \t\n\r])\s)+",
        ),
        "The no-break space (U+00A0) became a mark. It is white space, as "
        "`str.isspace` and `\\s` know.",
    ),
    Mistake(
        split_with(letters=r" *\p{L}+", digits=r" *\p{N}+"),
        "Words took all the spaces before them. One at most: ` ?`, not ` *`.",
    ),
    Mistake(
        split_with(letters=r"\s?\p{L}+", digits=r"\s?\p{N}+"),
        "A word took a tab or a newline along. Only the space itself may "
        "join a word: ` ?`, not `\\s?`.",
    ),
    Mistake(
        split_with(blanks=r"\s+(?!\S)"),
        "A single newline or tab got lost: joining the words must give the "
        "text back. The last rule, `\\s+`, takes it.",
    ),
    Mistake(
        split_with(blanks=r"\s+"),
        "A run of blanks swallowed its last space, which belongs to the word "
        "behind it. Leave the last blank out when something follows.",
    ),
    Mistake(
        split_with(blanks=r"\s"),
        "Blanks were cut one by one. A run of them is one word, but for its "
        "last blank when something follows.",
    ),
    Mistake(
        split_with(blanks=r" +(?!\S)|\s+"),
        "Only runs of spaces left out their last blank. The rule is the same "
        "for newlines and tabs.",
    ),
    Mistake(
        split_with(blanks=r"\s+(?= )|\s+"),
        "A run of blanks leaves out its last blank when anything but white "
        "space follows, not only in front of a space.",
    ),
]
CONTRACTION_MISTAKES = [
    Mistake(
        split_with(contractions=r"'(?i:[sdmt]|ll|ve|re)"),
        "You cut `'S` and `'LL` off as well. GPT-2's rule knows lower case "
        "only, a well-known oddity that every copy must repeat.",
    ),
    Mistake(
        split_with(contractions=r"(?!)"),
        "No contraction was cut off: `it's` is `it` and `'s`.",
    ),
    Mistake(
        split_with(contractions=r"'(?:[sdmt]|ll|ve|re)(?!\p{L})"),
        "You asked for the end of a word behind the contraction. GPT-2 does "
        "not: `'tis` is cut into `'t` and `is`.",
    ),
    Mistake(
        split_with(contractions=r"(?<=\p{L})'(?:[sdmt]|ll|ve|re)"),
        "You asked for a letter before the contraction. GPT-2 does not: a "
        "quote before `talk` takes its `t` along.",
    ),
    Mistake(
        split_with(contractions=r" ?'(?:[sdmt]|ll|ve|re)"),
        "A contraction took a space along. Its rule has no space: ` 's` is a "
        "mark with its space, then a letter.",
    ),
    Mistake(
        split_with(contractions=r"['’](?:[sdmt]|ll|ve|re)"),
        "You treated the curly apostrophe as the straight one. GPT-2's rule "
        "knows only the straight one.",
    ),
    Mistake(
        split_with(contractions=r"'(?:[st]|ll|ve|re)"),
        "A contraction is missing: 's 't 'd 'm 'll 've 're are seven.",
    ),
    Mistake(
        split_with(letters=r" ?\p{L}+(?:'\p{L}+)?"),
        "A word kept its apostrophe and what follows. An apostrophe is no "
        "letter.",
    ),
]
SCRIPT_MISTAKES = [
    Mistake(
        split_with(letters=r" ?\w+", digits=r"(?!)", marks=r" ?[^\s\w]+"),
        "You used `\\w`: it holds letters, digits and the underscore in one "
        "class. Letters are \\p{L}, digits \\p{N}, the underscore is a mark.",
    ),
    Mistake(
        split_with(letters=r" ?[A-Za-z]+", marks=r" ?[^\sA-Za-z\p{N}]+"),
        "Your letters are ASCII only, so other scripts count as marks. Use "
        "Unicode's letters.",
    ),
    Mistake(
        split_with(digits=r" ?[0-9]+", marks=r" ?[^\s\p{L}0-9]+"),
        "Your digits are 0 to 9 only. Every character of Unicode's category "
        "N counts, ½ and ² too.",
    ),
    Mistake(
        split_with(digits=r" ?\p{Nd}+", marks=r" ?[^\s\p{L}\p{Nd}]+"),
        "`\\d` and `isdecimal` leave out ½, ² and Ⅷ. Every character of "
        "Unicode's category N counts.",
    ),
    Mistake(
        split_with(
            letters=r" ?[\p{L}\p{M}]+", marks=r" ?[^\s\p{L}\p{M}\p{N}]+"
        ),
        "You counted combining marks as letters. GPT-2 does not, and cuts "
        "Hindi words at every vowel sign.",
    ),
    Mistake(
        split_with(letters=r" ?[\p{L}\p{N}]+", digits=r"(?!)"),
        "Letters and digits stayed in one word: `x86` is `x` and `86`.",
    ),
    Mistake(
        split_with(letters=r" ?[\p{L}_]+", marks=r" ?(?:[^\s\p{L}\p{N}_])+"),
        "You counted the underscore as a letter. It is a mark.",
    ),
]
GROUP_MISTAKES = [
    Mistake(
        split_with(cut=group_from_the_left),
        "You cut the groups from the left. From the right, 1234567 is 1, 234, "
        "567: then equal places stand in equal groups.",
    ),
    Mistake(
        lambda text, group=None: true_words(text),
        "The digits were not cut. Look at `group`.",
    ),
    Mistake(
        split_with(cut=group_space_and_all),
        "You counted the space as a digit. Set it aside, cut the digits, and "
        "give it to the first group.",
    ),
    Mistake(
        split_with(cut=group_and_drop_space),
        "The space before a number got lost. It stays with the first group.",
    ),
    Mistake(
        split_with(numbers=regex.compile(r" ?[\p{L}\p{N}]+")),
        "You cut words of letters into groups too. Only digits are.",
    ),
    Mistake(
        lambda text, group=None: true_words(text, 3),
        "You cut into groups of three always. Use `group`.",
    ),
    Mistake(
        split_with(numbers=regex.compile(r" ?[0-9]+")),
        "You cut only runs of the digits 0 to 9. All of category N are cut.",
    ),
]

LATIN = ["sea", "It", "x", "don", "WE", "talk", "naïve"]
SCRIPTS = ["їжак", "θάλασσα", "東京", "हिन्दी", "ไทย", "한글", "e\u0301", "Жук"]
NUMBERS = ["7", "42", "2025", "½", "x²", "Ⅷ", "٣٤", "x86_64", "1_000", "a1b2"]
SIGNS = ["...", "?!", ",", "--", "€", "😀😀", "_", "(", "“", "$%"]
TAILS = ["'s", "'t", "'d", "'m", "'ll", "'ve", "'re"]


def draw_from(*lists, blanks=("", " ", " ")):
    """Draw texts made of these pieces with blanks between them."""
    pieces = [piece for some in lists for piece in some]

    def draw(rng):
        n = rng.randint(5, 12)
        return (
            "".join(rng.choice(pieces) + rng.choice(blanks) for _ in range(n)),
        )

    return draw


@splitting.check("gives each word the one space before it", 2)
def spaces(s: Session):
    s.agrees(
        "split_words",
        true_words,
        given=[("",), ("a",), (" ",), ("to sea",), ("a, 12 (b)",)],
        draw=draw_from(LATIN, NUMBERS[:3], SIGNS),
        checked="words, numbers and marks",
        look="At each place the first rule that fits takes as much as it "
        "can; a word may start with one space.",
        mistakes=SPACE_MISTAKES,
    )


@splitting.check("cuts contractions off, lower case only", 1)
def contractions(s: Session):
    odd = ["'", "'sea", "'S", "'LL", "’s", " 's", "''re", "'talk"]
    s.agrees(
        "split_words",
        true_words,
        given=[
            ("it's don't I'd I'm we'll I've they're",),
            ("IT'S",),
            ("'tis",),
            ("rock 'n' roll",),
        ],
        draw=draw_from(LATIN, TAILS, TAILS, odd, blanks=["", "", "", " "]),
        checked="apostrophes",
        look="The first rule: 's 't 'd 'm 'll 've 're in lower case, "
        "wherever they stand.",
        mistakes=CONTRACTION_MISTAKES,
    )


@splitting.check("knows the letters and digits of all scripts", 1)
def scripts(s: Session):
    s.agrees(
        "split_words",
        true_words,
        given=[("їжак 東京",), ("x_1",), ("½ ²",)],
        draw=draw_from(LATIN, SCRIPTS, NUMBERS, SIGNS),
        checked="letters, digits and marks of many scripts",
        look="Letters are Unicode's category L, digits its category N; all "
        "else that is not white space is a mark.",
        mistakes=SCRIPT_MISTAKES,
    )


@splitting.check("leaves the last blank to what follows", 2)
def blanks(s: Session):
    s.agrees(
        "split_words",
        true_words,
        given=[("a  b",), ("a\n\nb",), ("a   ",), ("\n",), (" \n a",)],
        draw=draw_from(
            LATIN[:3],
            SIGNS[:2],
            blanks=["  ", "   ", "\n", "\n\n", " \t", "\t ", "\u00a0 ", ""],
        ),
        checked="runs of spaces, tabs and newlines",
        look="A run of blanks is one word, without its last blank if "
        "something else follows; that one joins the next word if it is a "
        "space, and stands alone if it is not.",
        mistakes=BLANK_MISTAKES,
    )


@splitting.check("groups digits from the right", 2)
def groups(s: Session):
    long = ["1234567", "12345", "100", "10", "3.14159", "x2025y", "½½½½½"]
    text = draw_from(long, LATIN, SIGNS[:4])

    s.agrees(
        "split_words",
        true_words,
        given=[
            ("1234567", 3),
            (" 123", 3),
            (" 12 seas", 1),
            ("sea", 2),
            ("3.14159 1,234,567", 2),
        ],
        draw=lambda rng: (*text(rng), rng.choice([None, 1, 2, 3, 4, 9])),
        checked="numbers in groups",
        look="Count the groups of each run of digits from its right end; the "
        "first may be shorter and keeps the space.",
        mistakes=GROUP_MISTAKES + SPACE_MISTAKES[:3],
    )
