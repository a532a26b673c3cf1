# %% correct: step_by_step_and_with_a_function_for_numbers
import re

STOP = {"the", "of", "and", "to", "in", "a", "is", "that"}


def broken_rules(text):
    found = []
    words = text.split()
    if len(words) < 20:
        found.append("short")
    if len(words) > 0 and sum(len(w) for w in words) / len(words) > 10:
        found.append("long words")
    together = "".join(words)
    if together and len([c for c in together if c.isalpha()]) / len(together) < 0.7:
        found.append("symbols")
    lines = [x for x in map(str.strip, text.split("\n")) if x]
    if len(lines) > 3:
        if 10 * max(lines.count(x) for x in lines) > 3 * len(lines):
            found.append("repeats")
    tokens = re.split(r"\W+", text.lower())
    if len([t for t in tokens if t in STOP]) <= 1:
        found.append("no stop words")
    found.sort()
    return found


def mask(text):
    text = re.sub(
        r"[A-Za-z0-9._+\-]+@[A-Za-z0-9\-]+(\.[A-Za-z0-9\-]+)*\.[A-Za-z][A-Za-z]+",
        "<EMAIL>", text)

    def address(match):
        parts = match[0].split(".")
        good = len(parts) == 4 and all(int(p) < 256 for p in parts)
        return "<IP>" if good else match[0]

    text = re.sub(r"(?<![\w.])\d+(?:\.\d+)+", address, text)

    def phone(match):
        digits = sum(c.isdigit() for c in match[0])
        return "<PHONE>" if 8 <= digits <= 15 else match[0]

    return re.sub(r"\+\d+(?:[ -]\d+)*", phone, text)


# %% wrong: one_word_more
# why: 21 words are asked
# says: Exactly 20 words are enough
import re
from collections import Counter

STOP = {"the", "of", "and", "to", "in", "a", "is", "that"}


def broken_rules(text):
    """The names of the rules that a text breaks, sorted.

    >>> broken_rules("Buy now")
    ['no stop words', 'short']
    """
    words = text.split()
    solid = [c for c in text if not c.isspace()]
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    most = max(Counter(lines).values(), default=0)
    stops = sum(w in STOP for w in re.findall(r"\w+", text.lower()))
    broken = {
        "short": len(words) < 21,
        "long words": sum(map(len, words)) > 10 * len(words),
        "symbols": sum(c.isalpha() for c in solid) < 0.7 * len(solid),
        "repeats": len(lines) >= 4 and most > 0.3 * len(lines),
        "no stop words": stops < 2,
    }
    return sorted(name for name, is_broken in broken.items() if is_broken)


def mask(text):
    """The text with addresses and numbers replaced by marks.

    >>> mask("Ask ada@example.org.")
    'Ask <EMAIL>.'
    """
    number = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
    patterns = {
        "<EMAIL>": r"[\w.+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}",
        "<IP>": rf"(?<![\w.]){number}(?:\.{number}){{3}}(?!\.?\d)",
        "<PHONE>": r"\+\d(?:[ -]?\d){7,14}(?![ -]?\d)",
    }
    for mark, pattern in patterns.items():
        text = re.sub(pattern, mark, text)
    return text


# %% wrong: characters_for_words
# why: 20 characters
# says: You measure characters where words
import re
from collections import Counter

STOP = {"the", "of", "and", "to", "in", "a", "is", "that"}


def broken_rules(text):
    """The names of the rules that a text breaks, sorted.

    >>> broken_rules("Buy now")
    ['no stop words', 'short']
    """
    words = list(text)
    solid = [c for c in text if not c.isspace()]
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    most = max(Counter(lines).values(), default=0)
    stops = sum(w in STOP for w in re.findall(r"\w+", text.lower()))
    broken = {
        "short": len(words) < 20,
        "long words": sum(map(len, words)) > 10 * len(words),
        "symbols": sum(c.isalpha() for c in solid) < 0.7 * len(solid),
        "repeats": len(lines) >= 4 and most > 0.3 * len(lines),
        "no stop words": stops < 2,
    }
    return sorted(name for name, is_broken in broken.items() if is_broken)


def mask(text):
    """The text with addresses and numbers replaced by marks.

    >>> mask("Ask ada@example.org.")
    'Ask <EMAIL>.'
    """
    number = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
    patterns = {
        "<EMAIL>": r"[\w.+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}",
        "<IP>": rf"(?<![\w.]){number}(?:\.{number}){{3}}(?!\.?\d)",
        "<PHONE>": r"\+\d(?:[ -]?\d){7,14}(?![ -]?\d)",
    }
    for mark, pattern in patterns.items():
        text = re.sub(pattern, mark, text)
    return text


# %% wrong: spaces_are_symbols
# why: white space counts
# says: You count spaces among the characters
import re
from collections import Counter

STOP = {"the", "of", "and", "to", "in", "a", "is", "that"}


def broken_rules(text):
    """The names of the rules that a text breaks, sorted.

    >>> broken_rules("Buy now")
    ['no stop words', 'short']
    """
    words = text.split()
    solid = list(text)
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    most = max(Counter(lines).values(), default=0)
    stops = sum(w in STOP for w in re.findall(r"\w+", text.lower()))
    broken = {
        "short": len(words) < 20,
        "long words": sum(map(len, words)) > 10 * len(words),
        "symbols": sum(c.isalpha() for c in solid) < 0.7 * len(solid),
        "repeats": len(lines) >= 4 and most > 0.3 * len(lines),
        "no stop words": stops < 2,
    }
    return sorted(name for name, is_broken in broken.items() if is_broken)


def mask(text):
    """The text with addresses and numbers replaced by marks.

    >>> mask("Ask ada@example.org.")
    'Ask <EMAIL>.'
    """
    number = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
    patterns = {
        "<EMAIL>": r"[\w.+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}",
        "<IP>": rf"(?<![\w.]){number}(?:\.{number}){{3}}(?!\.?\d)",
        "<PHONE>": r"\+\d(?:[ -]?\d){7,14}(?![ -]?\d)",
    }
    for mark, pattern in patterns.items():
        text = re.sub(pattern, mark, text)
    return text


# %% wrong: stop_words_inside_words
# why: the in other
# says: You find stop words inside others
import re
from collections import Counter

STOP = {"the", "of", "and", "to", "in", "a", "is", "that"}


def broken_rules(text):
    """The names of the rules that a text breaks, sorted.

    >>> broken_rules("Buy now")
    ['no stop words', 'short']
    """
    words = text.split()
    solid = [c for c in text if not c.isspace()]
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    most = max(Counter(lines).values(), default=0)
    stops = sum(text.lower().count(w) for w in STOP)
    broken = {
        "short": len(words) < 20,
        "long words": sum(map(len, words)) > 10 * len(words),
        "symbols": sum(c.isalpha() for c in solid) < 0.7 * len(solid),
        "repeats": len(lines) >= 4 and most > 0.3 * len(lines),
        "no stop words": stops < 2,
    }
    return sorted(name for name, is_broken in broken.items() if is_broken)


def mask(text):
    """The text with addresses and numbers replaced by marks.

    >>> mask("Ask ada@example.org.")
    'Ask <EMAIL>.'
    """
    number = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
    patterns = {
        "<EMAIL>": r"[\w.+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}",
        "<IP>": rf"(?<![\w.]){number}(?:\.{number}){{3}}(?!\.?\d)",
        "<PHONE>": r"\+\d(?:[ -]?\d){7,14}(?![ -]?\d)",
    }
    for mark, pattern in patterns.items():
        text = re.sub(pattern, mark, text)
    return text


# %% wrong: case_of_stop_words
# why: The is not the
# says: A sentence begins with "The"
import re
from collections import Counter

STOP = {"the", "of", "and", "to", "in", "a", "is", "that"}


def broken_rules(text):
    """The names of the rules that a text breaks, sorted.

    >>> broken_rules("Buy now")
    ['no stop words', 'short']
    """
    words = text.split()
    solid = [c for c in text if not c.isspace()]
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    most = max(Counter(lines).values(), default=0)
    stops = sum(w in STOP for w in re.findall(r"\w+", text))
    broken = {
        "short": len(words) < 20,
        "long words": sum(map(len, words)) > 10 * len(words),
        "symbols": sum(c.isalpha() for c in solid) < 0.7 * len(solid),
        "repeats": len(lines) >= 4 and most > 0.3 * len(lines),
        "no stop words": stops < 2,
    }
    return sorted(name for name, is_broken in broken.items() if is_broken)


def mask(text):
    """The text with addresses and numbers replaced by marks.

    >>> mask("Ask ada@example.org.")
    'Ask <EMAIL>.'
    """
    number = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
    patterns = {
        "<EMAIL>": r"[\w.+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}",
        "<IP>": rf"(?<![\w.]){number}(?:\.{number}){{3}}(?!\.?\d)",
        "<PHONE>": r"\+\d(?:[ -]?\d){7,14}(?![ -]?\d)",
    }
    for mark, pattern in patterns.items():
        text = re.sub(pattern, mark, text)
    return text


# %% wrong: any_number_of_lines
# why: three lines may repeat
# says: With fewer than 4 lines
import re
from collections import Counter

STOP = {"the", "of", "and", "to", "in", "a", "is", "that"}


def broken_rules(text):
    """The names of the rules that a text breaks, sorted.

    >>> broken_rules("Buy now")
    ['no stop words', 'short']
    """
    words = text.split()
    solid = [c for c in text if not c.isspace()]
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    most = max(Counter(lines).values(), default=0)
    stops = sum(w in STOP for w in re.findall(r"\w+", text.lower()))
    broken = {
        "short": len(words) < 20,
        "long words": sum(map(len, words)) > 10 * len(words),
        "symbols": sum(c.isalpha() for c in solid) < 0.7 * len(solid),
        "repeats": most > 0.3 * len(lines),
        "no stop words": stops < 2,
    }
    return sorted(name for name, is_broken in broken.items() if is_broken)


def mask(text):
    """The text with addresses and numbers replaced by marks.

    >>> mask("Ask ada@example.org.")
    'Ask <EMAIL>.'
    """
    number = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
    patterns = {
        "<EMAIL>": r"[\w.+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}",
        "<IP>": rf"(?<![\w.]){number}(?:\.{number}){{3}}(?!\.?\d)",
        "<PHONE>": r"\+\d(?:[ -]?\d){7,14}(?![ -]?\d)",
    }
    for mark, pattern in patterns.items():
        text = re.sub(pattern, mark, text)
    return text


# %% wrong: true_or_false
# why: returns whether a rule is broken
# says: Return the names of the broken rules
import re
from collections import Counter

STOP = {"the", "of", "and", "to", "in", "a", "is", "that"}


def broken_rules(text):
    """The names of the rules that a text breaks, sorted.

    >>> broken_rules("Buy now")
    ['no stop words', 'short']
    """
    words = text.split()
    solid = [c for c in text if not c.isspace()]
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    most = max(Counter(lines).values(), default=0)
    stops = sum(w in STOP for w in re.findall(r"\w+", text.lower()))
    broken = {
        "short": len(words) < 20,
        "long words": sum(map(len, words)) > 10 * len(words),
        "symbols": sum(c.isalpha() for c in solid) < 0.7 * len(solid),
        "repeats": len(lines) >= 4 and most > 0.3 * len(lines),
        "no stop words": stops < 2,
    }
    return any(broken.values())


def mask(text):
    """The text with addresses and numbers replaced by marks.

    >>> mask("Ask ada@example.org.")
    'Ask <EMAIL>.'
    """
    number = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
    patterns = {
        "<EMAIL>": r"[\w.+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}",
        "<IP>": rf"(?<![\w.]){number}(?:\.{number}){{3}}(?!\.?\d)",
        "<PHONE>": r"\+\d(?:[ -]?\d){7,14}(?![ -]?\d)",
    }
    for mark, pattern in patterns.items():
        text = re.sub(pattern, mark, text)
    return text


# %% wrong: first_rule_only
# why: stops at the first
# says: You stop at the first broken rule
import re
from collections import Counter

STOP = {"the", "of", "and", "to", "in", "a", "is", "that"}


def broken_rules(text):
    """The names of the rules that a text breaks, sorted.

    >>> broken_rules("Buy now")
    ['no stop words', 'short']
    """
    words = text.split()
    solid = [c for c in text if not c.isspace()]
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    most = max(Counter(lines).values(), default=0)
    stops = sum(w in STOP for w in re.findall(r"\w+", text.lower()))
    broken = {
        "short": len(words) < 20,
        "long words": sum(map(len, words)) > 10 * len(words),
        "symbols": sum(c.isalpha() for c in solid) < 0.7 * len(solid),
        "repeats": len(lines) >= 4 and most > 0.3 * len(lines),
        "no stop words": stops < 2,
    }
    return sorted(name for name, is_broken in broken.items() if is_broken)[:1]


def mask(text):
    """The text with addresses and numbers replaced by marks.

    >>> mask("Ask ada@example.org.")
    'Ask <EMAIL>.'
    """
    number = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
    patterns = {
        "<EMAIL>": r"[\w.+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}",
        "<IP>": rf"(?<![\w.]){number}(?:\.{number}){{3}}(?!\.?\d)",
        "<PHONE>": r"\+\d(?:[ -]?\d){7,14}(?![ -]?\d)",
    }
    for mark, pattern in patterns.items():
        text = re.sub(pattern, mark, text)
    return text


# %% wrong: full_stop_eaten
# why: the sentence's end is masked
# says: The full stop ends the sentence
import re
from collections import Counter

STOP = {"the", "of", "and", "to", "in", "a", "is", "that"}


def broken_rules(text):
    """The names of the rules that a text breaks, sorted.

    >>> broken_rules("Buy now")
    ['no stop words', 'short']
    """
    words = text.split()
    solid = [c for c in text if not c.isspace()]
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    most = max(Counter(lines).values(), default=0)
    stops = sum(w in STOP for w in re.findall(r"\w+", text.lower()))
    broken = {
        "short": len(words) < 20,
        "long words": sum(map(len, words)) > 10 * len(words),
        "symbols": sum(c.isalpha() for c in solid) < 0.7 * len(solid),
        "repeats": len(lines) >= 4 and most > 0.3 * len(lines),
        "no stop words": stops < 2,
    }
    return sorted(name for name, is_broken in broken.items() if is_broken)


def mask(text):
    """The text with addresses and numbers replaced by marks.

    >>> mask("Ask ada@example.org.")
    'Ask <EMAIL>.'
    """
    number = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
    patterns = {
        "<EMAIL>": r"[\w.+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}\.?",
        "<IP>": rf"(?<![\w.]){number}(?:\.{number}){{3}}(?!\.?\d)",
        "<PHONE>": r"\+\d(?:[ -]?\d){7,14}(?![ -]?\d)",
    }
    for mark, pattern in patterns.items():
        text = re.sub(pattern, mark, text)
    return text


# %% wrong: any_host
# why: user@localhost is an address
# says: a dot is needed
import re
from collections import Counter

STOP = {"the", "of", "and", "to", "in", "a", "is", "that"}


def broken_rules(text):
    """The names of the rules that a text breaks, sorted.

    >>> broken_rules("Buy now")
    ['no stop words', 'short']
    """
    words = text.split()
    solid = [c for c in text if not c.isspace()]
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    most = max(Counter(lines).values(), default=0)
    stops = sum(w in STOP for w in re.findall(r"\w+", text.lower()))
    broken = {
        "short": len(words) < 20,
        "long words": sum(map(len, words)) > 10 * len(words),
        "symbols": sum(c.isalpha() for c in solid) < 0.7 * len(solid),
        "repeats": len(lines) >= 4 and most > 0.3 * len(lines),
        "no stop words": stops < 2,
    }
    return sorted(name for name, is_broken in broken.items() if is_broken)


def mask(text):
    """The text with addresses and numbers replaced by marks.

    >>> mask("Ask ada@example.org.")
    'Ask <EMAIL>.'
    """
    number = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
    patterns = {
        "<EMAIL>": r"[\w.+-]+@[A-Za-z0-9.-]*[A-Za-z0-9]",
        "<IP>": rf"(?<![\w.]){number}(?:\.{number}){{3}}(?!\.?\d)",
        "<PHONE>": r"\+\d(?:[ -]?\d){7,14}(?![ -]?\d)",
    }
    for mark, pattern in patterns.items():
        text = re.sub(pattern, mark, text)
    return text


# %% wrong: numbers_above_255
# why: 999 is a number
# says: Each number is at most 255
import re
from collections import Counter

STOP = {"the", "of", "and", "to", "in", "a", "is", "that"}


def broken_rules(text):
    """The names of the rules that a text breaks, sorted.

    >>> broken_rules("Buy now")
    ['no stop words', 'short']
    """
    words = text.split()
    solid = [c for c in text if not c.isspace()]
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    most = max(Counter(lines).values(), default=0)
    stops = sum(w in STOP for w in re.findall(r"\w+", text.lower()))
    broken = {
        "short": len(words) < 20,
        "long words": sum(map(len, words)) > 10 * len(words),
        "symbols": sum(c.isalpha() for c in solid) < 0.7 * len(solid),
        "repeats": len(lines) >= 4 and most > 0.3 * len(lines),
        "no stop words": stops < 2,
    }
    return sorted(name for name, is_broken in broken.items() if is_broken)


def mask(text):
    """The text with addresses and numbers replaced by marks.

    >>> mask("Ask ada@example.org.")
    'Ask <EMAIL>.'
    """
    number = r"\d{1,3}"
    patterns = {
        "<EMAIL>": r"[\w.+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}",
        "<IP>": rf"(?<![\w.]){number}(?:\.{number}){{3}}(?!\.?\d)",
        "<PHONE>": r"\+\d(?:[ -]?\d){7,14}(?![ -]?\d)",
    }
    for mark, pattern in patterns.items():
        text = re.sub(pattern, mark, text)
    return text


# %% wrong: part_of_a_version
# why: five parts
# says: Five numbers are no address
import re
from collections import Counter

STOP = {"the", "of", "and", "to", "in", "a", "is", "that"}


def broken_rules(text):
    """The names of the rules that a text breaks, sorted.

    >>> broken_rules("Buy now")
    ['no stop words', 'short']
    """
    words = text.split()
    solid = [c for c in text if not c.isspace()]
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    most = max(Counter(lines).values(), default=0)
    stops = sum(w in STOP for w in re.findall(r"\w+", text.lower()))
    broken = {
        "short": len(words) < 20,
        "long words": sum(map(len, words)) > 10 * len(words),
        "symbols": sum(c.isalpha() for c in solid) < 0.7 * len(solid),
        "repeats": len(lines) >= 4 and most > 0.3 * len(lines),
        "no stop words": stops < 2,
    }
    return sorted(name for name, is_broken in broken.items() if is_broken)


def mask(text):
    """The text with addresses and numbers replaced by marks.

    >>> mask("Ask ada@example.org.")
    'Ask <EMAIL>.'
    """
    number = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
    patterns = {
        "<EMAIL>": r"[\w.+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}",
        "<IP>": rf"{number}(?:\.{number}){{3}}",
        "<PHONE>": r"\+\d(?:[ -]?\d){7,14}(?![ -]?\d)",
    }
    for mark, pattern in patterns.items():
        text = re.sub(pattern, mark, text)
    return text


# %% wrong: phones_without_plus
# why: years and prices are masked
# says: Without a + it may be a year
import re
from collections import Counter

STOP = {"the", "of", "and", "to", "in", "a", "is", "that"}


def broken_rules(text):
    """The names of the rules that a text breaks, sorted.

    >>> broken_rules("Buy now")
    ['no stop words', 'short']
    """
    words = text.split()
    solid = [c for c in text if not c.isspace()]
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    most = max(Counter(lines).values(), default=0)
    stops = sum(w in STOP for w in re.findall(r"\w+", text.lower()))
    broken = {
        "short": len(words) < 20,
        "long words": sum(map(len, words)) > 10 * len(words),
        "symbols": sum(c.isalpha() for c in solid) < 0.7 * len(solid),
        "repeats": len(lines) >= 4 and most > 0.3 * len(lines),
        "no stop words": stops < 2,
    }
    return sorted(name for name, is_broken in broken.items() if is_broken)


def mask(text):
    """The text with addresses and numbers replaced by marks.

    >>> mask("Ask ada@example.org.")
    'Ask <EMAIL>.'
    """
    number = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
    patterns = {
        "<EMAIL>": r"[\w.+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}",
        "<IP>": rf"(?<![\w.]){number}(?:\.{number}){{3}}(?!\.?\d)",
        "<PHONE>": r"\+?\d(?:[ -]?\d){3,14}(?![ -]?\d)",
    }
    for mark, pattern in patterns.items():
        text = re.sub(pattern, mark, text)
    return text


# %% wrong: phones_without_gaps
# why: only digits in a row
# says: People put single spaces
import re
from collections import Counter

STOP = {"the", "of", "and", "to", "in", "a", "is", "that"}


def broken_rules(text):
    """The names of the rules that a text breaks, sorted.

    >>> broken_rules("Buy now")
    ['no stop words', 'short']
    """
    words = text.split()
    solid = [c for c in text if not c.isspace()]
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    most = max(Counter(lines).values(), default=0)
    stops = sum(w in STOP for w in re.findall(r"\w+", text.lower()))
    broken = {
        "short": len(words) < 20,
        "long words": sum(map(len, words)) > 10 * len(words),
        "symbols": sum(c.isalpha() for c in solid) < 0.7 * len(solid),
        "repeats": len(lines) >= 4 and most > 0.3 * len(lines),
        "no stop words": stops < 2,
    }
    return sorted(name for name, is_broken in broken.items() if is_broken)


def mask(text):
    """The text with addresses and numbers replaced by marks.

    >>> mask("Ask ada@example.org.")
    'Ask <EMAIL>.'
    """
    number = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
    patterns = {
        "<EMAIL>": r"[\w.+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}",
        "<IP>": rf"(?<![\w.]){number}(?:\.{number}){{3}}(?!\.?\d)",
        "<PHONE>": r"\+\d{8,15}(?!\d)",
    }
    for mark, pattern in patterns.items():
        text = re.sub(pattern, mark, text)
    return text


# %% wrong: marks_masked_again
# why: the mark grows each time
# says: Masking again must change nothing
import re
from collections import Counter

STOP = {"the", "of", "and", "to", "in", "a", "is", "that"}


def broken_rules(text):
    """The names of the rules that a text breaks, sorted.

    >>> broken_rules("Buy now")
    ['no stop words', 'short']
    """
    words = text.split()
    solid = [c for c in text if not c.isspace()]
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    most = max(Counter(lines).values(), default=0)
    stops = sum(w in STOP for w in re.findall(r"\w+", text.lower()))
    broken = {
        "short": len(words) < 20,
        "long words": sum(map(len, words)) > 10 * len(words),
        "symbols": sum(c.isalpha() for c in solid) < 0.7 * len(solid),
        "repeats": len(lines) >= 4 and most > 0.3 * len(lines),
        "no stop words": stops < 2,
    }
    return sorted(name for name, is_broken in broken.items() if is_broken)


def mask(text):
    """The text with addresses and numbers replaced by marks.

    >>> mask("Ask ada@example.org.")
    'Ask <EMAIL>.'
    """
    original = text
    number = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
    patterns = {
        "<EMAIL>": r"[\w.+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}",
        "<IP>": rf"(?<![\w.]){number}(?:\.{number}){{3}}(?!\.?\d)",
        "<PHONE>": r"\+\d(?:[ -]?\d){7,14}(?![ -]?\d)",
    }
    for mark, pattern in patterns.items():
        text = re.sub(pattern, mark, text)
    return re.sub(r"(<(?:EMAIL|IP|PHONE)>)(?=.*\1)", r"\1", text) if "<<" in text else text.replace("<PHONE>", "<PHONE>") if text != text else text if "<" not in original else text + " "


# %% wrong: phones_of_any_length
# why: no look-ahead
# says: More than 15 digits are no telephone number
import re
from collections import Counter

STOP = {"the", "of", "and", "to", "in", "a", "is", "that"}


def broken_rules(text):
    """The names of the rules that a text breaks, sorted.

    >>> broken_rules("Buy now")
    ['no stop words', 'short']
    """
    words = text.split()
    solid = [c for c in text if not c.isspace()]
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    most = max(Counter(lines).values(), default=0)
    stops = sum(w in STOP for w in re.findall(r"\w+", text.lower()))
    broken = {
        "short": len(words) < 20,
        "long words": sum(map(len, words)) > 10 * len(words),
        "symbols": sum(c.isalpha() for c in solid) < 0.7 * len(solid),
        "repeats": len(lines) >= 4 and most > 0.3 * len(lines),
        "no stop words": stops < 2,
    }
    return sorted(name for name, is_broken in broken.items() if is_broken)


def mask(text):
    """The text with addresses and numbers replaced by marks.

    >>> mask("Ask ada@example.org.")
    'Ask <EMAIL>.'
    """
    number = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
    patterns = {
        "<EMAIL>": r"[\w.+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}",
        "<IP>": rf"(?<![\w.]){number}(?:\.{number}){{3}}(?!\.?\d)",
        "<PHONE>": r"\+\d(?:[ -]?\d){7,14}",
    }
    for mark, pattern in patterns.items():
        text = re.sub(pattern, mark, text)
    return text


# %% wrong: phones_by_a_class_of_characters
# why: spaces at the end are eaten
# says: the space behind it stays
import re
from collections import Counter

STOP = {"the", "of", "and", "to", "in", "a", "is", "that"}


def broken_rules(text):
    """The names of the rules that a text breaks, sorted.

    >>> broken_rules("Buy now")
    ['no stop words', 'short']
    """
    words = text.split()
    solid = [c for c in text if not c.isspace()]
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    most = max(Counter(lines).values(), default=0)
    stops = sum(w in STOP for w in re.findall(r"\w+", text.lower()))
    broken = {
        "short": len(words) < 20,
        "long words": sum(map(len, words)) > 10 * len(words),
        "symbols": sum(c.isalpha() for c in solid) < 0.7 * len(solid),
        "repeats": len(lines) >= 4 and most > 0.3 * len(lines),
        "no stop words": stops < 2,
    }
    return sorted(name for name, is_broken in broken.items() if is_broken)


def mask(text):
    """The text with addresses and numbers replaced by marks.

    >>> mask("Ask ada@example.org.")
    'Ask <EMAIL>.'
    """
    number = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
    patterns = {
        "<EMAIL>": r"[\w.+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}",
        "<IP>": rf"(?<![\w.]){number}(?:\.{number}){{3}}(?!\.?\d)",
        "<PHONE>": r"\+\d[\d -]{7,14}(?![ -]?\d)",
    }
    for mark, pattern in patterns.items():
        text = re.sub(pattern, mark, text)
    return text


# %% wrong: phones_with_dots
# why: dots as gaps
# says: Dots between digits
import re
from collections import Counter

STOP = {"the", "of", "and", "to", "in", "a", "is", "that"}


def broken_rules(text):
    """The names of the rules that a text breaks, sorted.

    >>> broken_rules("Buy now")
    ['no stop words', 'short']
    """
    words = text.split()
    solid = [c for c in text if not c.isspace()]
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    most = max(Counter(lines).values(), default=0)
    stops = sum(w in STOP for w in re.findall(r"\w+", text.lower()))
    broken = {
        "short": len(words) < 20,
        "long words": sum(map(len, words)) > 10 * len(words),
        "symbols": sum(c.isalpha() for c in solid) < 0.7 * len(solid),
        "repeats": len(lines) >= 4 and most > 0.3 * len(lines),
        "no stop words": stops < 2,
    }
    return sorted(name for name, is_broken in broken.items() if is_broken)


def mask(text):
    """The text with addresses and numbers replaced by marks.

    >>> mask("Ask ada@example.org.")
    'Ask <EMAIL>.'
    """
    number = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
    patterns = {
        "<EMAIL>": r"[\w.+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}",
        "<IP>": rf"(?<![\w.]){number}(?:\.{number}){{3}}(?!\.?\d)",
        "<PHONE>": r"\+\d(?:[ .-]?\d){7,14}(?![ -]?\d)",
    }
    for mark, pattern in patterns.items():
        text = re.sub(pattern, mark, text)
    return text


# %% wrong: labels_of_digits
# why: any last label
# says: The last label has at least two characters
import re
from collections import Counter

STOP = {"the", "of", "and", "to", "in", "a", "is", "that"}


def broken_rules(text):
    """The names of the rules that a text breaks, sorted.

    >>> broken_rules("Buy now")
    ['no stop words', 'short']
    """
    words = text.split()
    solid = [c for c in text if not c.isspace()]
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    most = max(Counter(lines).values(), default=0)
    stops = sum(w in STOP for w in re.findall(r"\w+", text.lower()))
    broken = {
        "short": len(words) < 20,
        "long words": sum(map(len, words)) > 10 * len(words),
        "symbols": sum(c.isalpha() for c in solid) < 0.7 * len(solid),
        "repeats": len(lines) >= 4 and most > 0.3 * len(lines),
        "no stop words": stops < 2,
    }
    return sorted(name for name, is_broken in broken.items() if is_broken)


def mask(text):
    """The text with addresses and numbers replaced by marks.

    >>> mask("Ask ada@example.org.")
    'Ask <EMAIL>.'
    """
    number = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
    patterns = {
        "<EMAIL>": r"[\w.+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z0-9]+",
        "<IP>": rf"(?<![\w.]){number}(?:\.{number}){{3}}(?!\.?\d)",
        "<PHONE>": r"\+\d(?:[ -]?\d){7,14}(?![ -]?\d)",
    }
    for mark, pattern in patterns.items():
        text = re.sub(pattern, mark, text)
    return text
