# %% correct: a_scanner_without_patterns
import unicodedata


def kind_of(c):
    if c.isspace():
        return "blank"
    return {"L": "letter", "N": "digit"}.get(unicodedata.category(c)[0], "mark")


def split_words(text, group=None):
    words, i = [], 0
    while i < len(text):
        tail = next(
            (t for t in ("ll", "ve", "re", "s", "d", "m", "t")
             if text.startswith("'" + t, i)), "")
        if tail:
            words.append("'" + tail)
            i += 1 + len(tail)
            continue
        start = i
        if text[i] == " " and i + 1 < len(text) and not text[i + 1].isspace():
            i += 1
        kind = kind_of(text[i])
        j = i
        while j < len(text) and kind_of(text[j]) == kind:
            j += 1
        if kind == "blank" and j < len(text) and j - i > 1:
            j -= 1
        if kind == "digit" and group:
            while i < j:
                size = (j - i) % group or group
                words.append(text[start : i + size])
                start = i = i + size
        else:
            words.append(text[start:j])
        i = j
    return words


# %% correct: one_pattern_that_looks_ahead
import regex


def split_words(text, group=None):
    number = r"\p{N}+"
    if group:
        rest = r"(?=(?:\p{N}{%d})*(?!\p{N}))" % group
        number = r"\p{N}{1,%d}" % group + rest
    pattern = (
        r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?" + number
        + r"| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
    )
    return [match[0] for match in regex.finditer(pattern, text)]


# %% wrong: space_behind_the_word
# why: writes ` ?` on the wrong side
# says: The space hangs at the end
import regex

RULES = [
    r"'(?:[sdmt]|ll|ve|re)",
    r"\p{L}+ ?",
    r"\p{N}+ ?",
    r" ?[^\s\p{L}\p{N}]+",
    r"\s+(?!\S)|\s+",
]


def split_words(text, group=None):
    words = []
    for word in regex.findall("|".join(RULES), text):
        if not group or not regex.fullmatch(r"\p{N}+ ?", word):
            words.append(word)
            continue
        head, digits = word[: word.count(" ")], word.strip()
        first = len(digits) % group or group
        words.append(head + digits[:first])
        for i in range(first, len(digits), group):
            words.append(digits[i : i + group])
    return words


# %% wrong: space_only_before_letters
# why: forgets ` ?` for digits and marks
# says: Only words of letters took
import regex

RULES = [
    r"'(?:[sdmt]|ll|ve|re)",
    r" ?\p{L}+",
    r"\p{N}+",
    r"[^\s\p{L}\p{N}]+",
    r"\s+(?!\S)|\s+",
]


def split_words(text, group=None):
    words = []
    for word in regex.findall("|".join(RULES), text):
        if not group or not regex.fullmatch(r" ?\p{N}+", word):
            words.append(word)
            continue
        head, digits = word[: word.count(" ")], word.strip()
        first = len(digits) % group or group
        words.append(head + digits[:first])
        for i in range(first, len(digits), group):
            words.append(digits[i : i + group])
    return words


# %% wrong: all_spaces_before_a_word
# why: takes any number of spaces along
# says: Words took all the spaces
import regex

RULES = [
    r"'(?:[sdmt]|ll|ve|re)",
    r" *\p{L}+",
    r" *\p{N}+",
    r" ?[^\s\p{L}\p{N}]+",
    r"\s+(?!\S)|\s+",
]


def split_words(text, group=None):
    words = []
    for word in regex.findall("|".join(RULES), text):
        if not group or not regex.fullmatch(r" ?\p{N}+", word):
            words.append(word)
            continue
        head, digits = word[: word.count(" ")], word.strip()
        first = len(digits) % group or group
        words.append(head + digits[:first])
        for i in range(first, len(digits), group):
            words.append(digits[i : i + group])
    return words


# %% wrong: any_blank_before_a_word
# why: writes `\s?` where only a space may stand
# says: A word took a tab or a newline along
import regex

RULES = [
    r"'(?:[sdmt]|ll|ve|re)",
    r"\s?\p{L}+",
    r"\s?\p{N}+",
    r" ?[^\s\p{L}\p{N}]+",
    r"\s+(?!\S)|\s+",
]


def split_words(text, group=None):
    words = []
    for word in regex.findall("|".join(RULES), text):
        if not group or not regex.fullmatch(r" ?\p{N}+", word):
            words.append(word)
            continue
        head, digits = word[: word.count(" ")], word.strip()
        first = len(digits) % group or group
        words.append(head + digits[:first])
        for i in range(first, len(digits), group):
            words.append(digits[i : i + group])
    return words


# %% wrong: marks_one_by_one
# why: a plus too few
# says: Marks were cut one by one
import regex

RULES = [
    r"'(?:[sdmt]|ll|ve|re)",
    r" ?\p{L}+",
    r" ?\p{N}+",
    r" ?[^\s\p{L}\p{N}]",
    r"\s+(?!\S)|\s+",
]


def split_words(text, group=None):
    words = []
    for word in regex.findall("|".join(RULES), text):
        if not group or not regex.fullmatch(r" ?\p{N}+", word):
            words.append(word)
            continue
        head, digits = word[: word.count(" ")], word.strip()
        first = len(digits) % group or group
        words.append(head + digits[:first])
        for i in range(first, len(digits), group):
            words.append(digits[i : i + group])
    return words


# %% wrong: str_split
# why: thinks words are what stands between blanks
# says: `str.split` throws white space away
def split_words(text, group=None):
    return text.split()


# %% wrong: last_rule_missing
# why: drops the rule that looks superfluous
# says: A single newline or tab got lost
import regex

RULES = [
    r"'(?:[sdmt]|ll|ve|re)",
    r" ?\p{L}+",
    r" ?\p{N}+",
    r" ?[^\s\p{L}\p{N}]+",
    r"\s+(?!\S)",
]


def split_words(text, group=None):
    words = []
    for word in regex.findall("|".join(RULES), text):
        if not group or not regex.fullmatch(r" ?\p{N}+", word):
            words.append(word)
            continue
        head, digits = word[: word.count(" ")], word.strip()
        first = len(digits) % group or group
        words.append(head + digits[:first])
        for i in range(first, len(digits), group):
            words.append(digits[i : i + group])
    return words


# %% wrong: last_space_swallowed
# why: takes the whole run of blanks
# says: A run of blanks swallowed its last space
import regex

RULES = [
    r"'(?:[sdmt]|ll|ve|re)",
    r" ?\p{L}+",
    r" ?\p{N}+",
    r" ?[^\s\p{L}\p{N}]+",
    r"\s+",
]


def split_words(text, group=None):
    words = []
    for word in regex.findall("|".join(RULES), text):
        if not group or not regex.fullmatch(r" ?\p{N}+", word):
            words.append(word)
            continue
        head, digits = word[: word.count(" ")], word.strip()
        first = len(digits) % group or group
        words.append(head + digits[:first])
        for i in range(first, len(digits), group):
            words.append(digits[i : i + group])
    return words


# %% wrong: blanks_one_by_one
# why: cuts every blank
# says: Blanks were cut one by one
import regex

RULES = [
    r"'(?:[sdmt]|ll|ve|re)",
    r" ?\p{L}+",
    r" ?\p{N}+",
    r" ?[^\s\p{L}\p{N}]+",
    r"\s",
]


def split_words(text, group=None):
    words = []
    for word in regex.findall("|".join(RULES), text):
        if not group or not regex.fullmatch(r" ?\p{N}+", word):
            words.append(word)
            continue
        head, digits = word[: word.count(" ")], word.strip()
        first = len(digits) % group or group
        words.append(head + digits[:first])
        for i in range(first, len(digits), group):
            words.append(digits[i : i + group])
    return words


# %% wrong: upper_case_contractions
# why: ignores case as newer tokenizers do
# says: You cut `'S` and `'LL` off as well
import regex

RULES = [
    r"'(?i:[sdmt]|ll|ve|re)",
    r" ?\p{L}+",
    r" ?\p{N}+",
    r" ?[^\s\p{L}\p{N}]+",
    r"\s+(?!\S)|\s+",
]


def split_words(text, group=None):
    words = []
    for word in regex.findall("|".join(RULES), text):
        if not group or not regex.fullmatch(r" ?\p{N}+", word):
            words.append(word)
            continue
        head, digits = word[: word.count(" ")], word.strip()
        first = len(digits) % group or group
        words.append(head + digits[:first])
        for i in range(first, len(digits), group):
            words.append(digits[i : i + group])
    return words


# %% wrong: no_contractions
# why: forgets the first rule
# says: No contraction was cut off
import regex

RULES = [
    r" ?\p{L}+",
    r" ?\p{N}+",
    r" ?[^\s\p{L}\p{N}]+",
    r"\s+(?!\S)|\s+",
]


def split_words(text, group=None):
    words = []
    for word in regex.findall("|".join(RULES), text):
        if not group or not regex.fullmatch(r" ?\p{N}+", word):
            words.append(word)
            continue
        head, digits = word[: word.count(" ")], word.strip()
        first = len(digits) % group or group
        words.append(head + digits[:first])
        for i in range(first, len(digits), group):
            words.append(digits[i : i + group])
    return words


# %% wrong: contraction_at_the_end_only
# why: asks for a word boundary behind it
# says: You asked for the end of a word
import regex

RULES = [
    r"'(?:[sdmt]|ll|ve|re)\b",
    r" ?\p{L}+",
    r" ?\p{N}+",
    r" ?[^\s\p{L}\p{N}]+",
    r"\s+(?!\S)|\s+",
]


def split_words(text, group=None):
    words = []
    for word in regex.findall("|".join(RULES), text):
        if not group or not regex.fullmatch(r" ?\p{N}+", word):
            words.append(word)
            continue
        head, digits = word[: word.count(" ")], word.strip()
        first = len(digits) % group or group
        words.append(head + digits[:first])
        for i in range(first, len(digits), group):
            words.append(digits[i : i + group])
    return words


# %% wrong: contraction_after_a_letter_only
# why: asks for a letter before it
# says: You asked for a letter before
import regex

RULES = [
    r"(?<=\p{L})'(?:[sdmt]|ll|ve|re)",
    r" ?\p{L}+",
    r" ?\p{N}+",
    r" ?[^\s\p{L}\p{N}]+",
    r"\s+(?!\S)|\s+",
]


def split_words(text, group=None):
    words = []
    for word in regex.findall("|".join(RULES), text):
        if not group or not regex.fullmatch(r" ?\p{N}+", word):
            words.append(word)
            continue
        head, digits = word[: word.count(" ")], word.strip()
        first = len(digits) % group or group
        words.append(head + digits[:first])
        for i in range(first, len(digits), group):
            words.append(digits[i : i + group])
    return words


# %% wrong: apostrophe_inside_words
# why: keeps it's in one piece
# says: A word kept its apostrophe
import regex

RULES = [
    r"'(?:[sdmt]|ll|ve|re)",
    r" ?\p{L}+(?:'\p{L}+)?",
    r" ?\p{N}+",
    r" ?[^\s\p{L}\p{N}]+",
    r"\s+(?!\S)|\s+",
]


def split_words(text, group=None):
    words = []
    for word in regex.findall("|".join(RULES), text):
        if not group or not regex.fullmatch(r" ?\p{N}+", word):
            words.append(word)
            continue
        head, digits = word[: word.count(" ")], word.strip()
        first = len(digits) % group or group
        words.append(head + digits[:first])
        for i in range(first, len(digits), group):
            words.append(digits[i : i + group])
    return words


# %% wrong: word_characters
# why: uses \w for letters
# says: You used `\w`
import regex

RULES = [
    r"'(?:[sdmt]|ll|ve|re)",
    r" ?\w+",
    r" ?[^\s\w]+",
    r"\s+(?!\S)|\s+",
]


def split_words(text, group=None):
    words = []
    for word in regex.findall("|".join(RULES), text):
        if not group or not regex.fullmatch(r" ?\p{N}+", word):
            words.append(word)
            continue
        head, digits = word[: word.count(" ")], word.strip()
        first = len(digits) % group or group
        words.append(head + digits[:first])
        for i in range(first, len(digits), group):
            words.append(digits[i : i + group])
    return words


# %% wrong: ascii_letters
# why: writes a-z and forgets the rest of the world
# says: Your letters are ASCII only
import regex

RULES = [
    r"'(?:[sdmt]|ll|ve|re)",
    r" ?[A-Za-z]+",
    r" ?\p{N}+",
    r" ?[^\sA-Za-z\p{N}]+",
    r"\s+(?!\S)|\s+",
]


def split_words(text, group=None):
    words = []
    for word in regex.findall("|".join(RULES), text):
        if not group or not regex.fullmatch(r" ?\p{N}+", word):
            words.append(word)
            continue
        head, digits = word[: word.count(" ")], word.strip()
        first = len(digits) % group or group
        words.append(head + digits[:first])
        for i in range(first, len(digits), group):
            words.append(digits[i : i + group])
    return words


# %% wrong: ascii_digits
# why: writes 0-9
# says: Your digits are 0 to 9 only
import regex

RULES = [
    r"'(?:[sdmt]|ll|ve|re)",
    r" ?\p{L}+",
    r" ?[0-9]+",
    r" ?[^\s\p{L}0-9]+",
    r"\s+(?!\S)|\s+",
]


def split_words(text, group=None):
    words = []
    for word in regex.findall("|".join(RULES), text):
        if not group or not regex.fullmatch(r" ?\p{N}+", word):
            words.append(word)
            continue
        head, digits = word[: word.count(" ")], word.strip()
        first = len(digits) % group or group
        words.append(head + digits[:first])
        for i in range(first, len(digits), group):
            words.append(digits[i : i + group])
    return words


# %% wrong: decimal_digits
# why: uses \d, which leaves fractions and superscripts out
# says: `\d` and `isdecimal` leave out
import regex

RULES = [
    r"'(?:[sdmt]|ll|ve|re)",
    r" ?\p{L}+",
    r" ?\d+",
    r" ?[^\s\p{L}\d]+",
    r"\s+(?!\S)|\s+",
]


def split_words(text, group=None):
    words = []
    for word in regex.findall("|".join(RULES), text):
        if not group or not regex.fullmatch(r" ?\p{N}+", word):
            words.append(word)
            continue
        head, digits = word[: word.count(" ")], word.strip()
        first = len(digits) % group or group
        words.append(head + digits[:first])
        for i in range(first, len(digits), group):
            words.append(digits[i : i + group])
    return words


# %% wrong: letters_and_digits_together
# why: one class for both
# says: Letters and digits stayed in one word
import regex

RULES = [
    r"'(?:[sdmt]|ll|ve|re)",
    r" ?[\p{L}\p{N}]+",
    r" ?[^\s\p{L}\p{N}]+",
    r"\s+(?!\S)|\s+",
]


def split_words(text, group=None):
    words = []
    for word in regex.findall("|".join(RULES), text):
        if not group or not regex.fullmatch(r" ?\p{N}+", word):
            words.append(word)
            continue
        head, digits = word[: word.count(" ")], word.strip()
        first = len(digits) % group or group
        words.append(head + digits[:first])
        for i in range(first, len(digits), group):
            words.append(digits[i : i + group])
    return words


# %% wrong: marks_on_letters_are_letters
# why: counts combining marks as letters
# says: You counted combining marks as letters
import regex

RULES = [
    r"'(?:[sdmt]|ll|ve|re)",
    r" ?[\p{L}\p{M}]+",
    r" ?\p{N}+",
    r" ?[^\s\p{L}\p{M}\p{N}]+",
    r"\s+(?!\S)|\s+",
]


def split_words(text, group=None):
    words = []
    for word in regex.findall("|".join(RULES), text):
        if not group or not regex.fullmatch(r" ?\p{N}+", word):
            words.append(word)
            continue
        head, digits = word[: word.count(" ")], word.strip()
        first = len(digits) % group or group
        words.append(head + digits[:first])
        for i in range(first, len(digits), group):
            words.append(digits[i : i + group])
    return words


# %% wrong: groups_from_the_left
# why: cuts as a regex with {1,3} does
# says: You cut the groups from the left
import regex

RULES = [
    r"'(?:[sdmt]|ll|ve|re)",
    r" ?\p{L}+",
    r" ?\p{N}+",
    r" ?[^\s\p{L}\p{N}]+",
    r"\s+(?!\S)|\s+",
]


def split_words(text, group=None):
    words = []
    for word in regex.findall("|".join(RULES), text):
        if not group or not regex.fullmatch(r" ?\p{N}+", word):
            words.append(word)
            continue
        head, digits = word[: word.count(" ")], word.strip()
        for i in range(0, len(digits), group):
            words.append(head + digits[i : i + group])
            head = ""
    return words


# %% wrong: group_ignored
# why: overlooks the second argument
# says: The digits were not cut
import regex

RULES = [
    r"'(?:[sdmt]|ll|ve|re)",
    r" ?\p{L}+",
    r" ?\p{N}+",
    r" ?[^\s\p{L}\p{N}]+",
    r"\s+(?!\S)|\s+",
]


def split_words(text, group=None):
    words = []
    for word in regex.findall("|".join(RULES), text):
        if not None or not regex.fullmatch(r" ?\p{N}+", word):
            words.append(word)
            continue
        head, digits = word[: word.count(" ")], word.strip()
        first = len(digits) % group or group
        words.append(head + digits[:first])
        for i in range(first, len(digits), group):
            words.append(digits[i : i + group])
    return words


# %% wrong: space_counts_as_a_digit
# why: cuts the word with its space
# says: You counted the space as a digit
import regex

RULES = [
    r"'(?:[sdmt]|ll|ve|re)",
    r" ?\p{L}+",
    r" ?\p{N}+",
    r" ?[^\s\p{L}\p{N}]+",
    r"\s+(?!\S)|\s+",
]


def split_words(text, group=None):
    words = []
    for word in regex.findall("|".join(RULES), text):
        if not group or not regex.fullmatch(r" ?\p{N}+", word):
            words.append(word)
            continue
        first = len(word) % group or group
        words.append(word[:first])
        for i in range(first, len(word), group):
            words.append(word[i : i + group])
    return words


# %% wrong: space_lost
# why: strips the number and forgets its space
# says: The space before a number got lost
import regex

RULES = [
    r"'(?:[sdmt]|ll|ve|re)",
    r" ?\p{L}+",
    r" ?\p{N}+",
    r" ?[^\s\p{L}\p{N}]+",
    r"\s+(?!\S)|\s+",
]


def split_words(text, group=None):
    words = []
    for word in regex.findall("|".join(RULES), text):
        if not group or not regex.fullmatch(r" ?\p{N}+", word):
            words.append(word)
            continue
        digits = word.strip()
        first = len(digits) % group or group
        for i in range(first - group, len(digits), group):
            words.append(digits[max(i, 0) : i + group])
    return words


# %% wrong: groups_of_three_always
# why: cuts as newer tokenizers do, whatever the argument says
# says: You cut into groups of three always
import regex

PATTERN = (
    r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}{1,3}(?=(?:\p{N}{3})*(?!\p{N}))"
    r"| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
)


def split_words(text, group=None):
    return regex.findall(PATTERN, text)


# %% wrong: four_kinds_of_blanks
# why: lists the blanks by hand
# says: The no-break space (U+00A0) became a mark
import regex

RULES = [
    r"'(?:[sdmt]|ll|ve|re)",
    r" ?\p{L}+",
    r" ?\p{N}+",
    r" ?[^ \t\n\r\p{L}\p{N}]+",
    r"[ \t\n\r]+(?![^ \t\n\r])",
    r"[ \t\n\r]+",
]


def split_words(text, group=None):
    words = []
    for word in regex.findall("|".join(RULES), text):
        if not group or not regex.fullmatch(r" ?\p{N}+", word):
            words.append(word)
            continue
        head, digits = word[: word.count(" ")], word.strip()
        first = len(digits) % group or group
        words.append(head + digits[:first])
        for i in range(first, len(digits), group):
            words.append(digits[i : i + group])
    return words
