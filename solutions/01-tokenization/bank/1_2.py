# %% correct: with_groups_and_a_reversed_list
import itertools
import re


def cut(text):
    return [m.group() for m in re.finditer(r"[^\W]+|[^\s\w]", text)]


def build_vocab(text, min_count):
    groups = [
        (-len(list(group)), piece)
        for piece, group in itertools.groupby(sorted(cut(text)))
    ]
    frequent = [piece for n, piece in sorted(groups) if -n >= min_count]
    return dict(zip(["<unk>"] + frequent, itertools.count()))


def encode_words(text, vocab):
    ids = []
    for piece in cut(text):
        if piece in vocab:
            ids.append(vocab[piece])
        else:
            ids.append(vocab["<unk>"])
    return ids


def decode_words(token_ids, vocab):
    name = {i: piece for piece, i in vocab.items()}
    text = " ".join(name[i] for i in token_ids)
    for mark in ".,;:!?":
        text = text.replace(" " + mark, mark)
    return text


def lookalike(text):
    return "\n" + text


# %% correct: letter_by_letter
from collections import defaultdict


def cut(text):
    pieces, word = [], ""
    for c in text + " ":
        if c.isalnum() or c == "_":
            word += c
            continue
        if word:
            pieces.append(word)
            word = ""
        if not c.isspace():
            pieces.append(c)
    return pieces


def build_vocab(text, min_count):
    counts = defaultdict(int)
    for piece in cut(text):
        counts[piece] += 1
    names = sorted(counts)
    names.sort(key=counts.get, reverse=True)
    vocab = {"<unk>": 0}
    for name in names:
        if counts[name] >= min_count:
            vocab[name] = len(vocab)
    return vocab


def encode_words(text, vocab):
    return [vocab.get(piece, vocab["<unk>"]) for piece in cut(text)]


def decode_words(token_ids, vocab):
    text = ""
    for token_id in token_ids:
        piece = next(p for p, i in vocab.items() if i == token_id)
        if text and piece not in {".", ",", ";", ":", "!", "?"}:
            text += " "
        text += piece
    return text


def lookalike(text):
    pieces = cut(text)
    spaced = "  ".join(pieces)
    return spaced if spaced != text else spaced + " "


# %% wrong: split_at_white_space
# why: thinks words are what stands between spaces
# says: a comma sticks to the word before it
import re
from collections import Counter

PIECE = re.compile(r"\w+|[^\w\s]")


def build_vocab(text, min_count):
    counts = Counter(text.split())
    kept = [p for p, n in counts.items() if n >= min_count]
    kept.sort(key=lambda p: (-counts[p], p))
    return {p: i for i, p in enumerate(["<unk>", *kept])}


def encode_words(text, vocab):
    return [vocab.get(p, vocab["<unk>"]) for p in text.split()]


def decode_words(token_ids, vocab):
    pieces = {i: p for p, i in vocab.items()}
    text = " ".join(pieces[i] for i in token_ids)
    return re.sub(r" ([.,;:!?])", r"\1", text)


def lookalike(text):
    return text + " "


# %% wrong: words_without_marks
# why: forgets the second half of the pattern
# says: Your pieces are words only
import re
from collections import Counter

PIECE = re.compile(r"\w+")


def build_vocab(text, min_count):
    counts = Counter(PIECE.findall(text))
    kept = [p for p, n in counts.items() if n >= min_count]
    kept.sort(key=lambda p: (-counts[p], p))
    return {p: i for i, p in enumerate(["<unk>", *kept])}


def encode_words(text, vocab):
    return [vocab.get(p, vocab["<unk>"]) for p in PIECE.findall(text)]


def decode_words(token_ids, vocab):
    pieces = {i: p for p, i in vocab.items()}
    text = " ".join(pieces[i] for i in token_ids)
    return re.sub(r" ([.,;:!?])", r"\1", text)


def lookalike(text):
    return text + " "


# %% wrong: runs_of_marks
# why: a plus too many: `?!` becomes one piece
# says: You joined neighbouring marks
import re
from collections import Counter

PIECE = re.compile(r"\w+|[^\w\s]+")


def build_vocab(text, min_count):
    counts = Counter(PIECE.findall(text))
    kept = [p for p, n in counts.items() if n >= min_count]
    kept.sort(key=lambda p: (-counts[p], p))
    return {p: i for i, p in enumerate(["<unk>", *kept])}


def encode_words(text, vocab):
    return [vocab.get(p, vocab["<unk>"]) for p in PIECE.findall(text)]


def decode_words(token_ids, vocab):
    pieces = {i: p for p, i in vocab.items()}
    text = " ".join(pieces[i] for i in token_ids)
    return re.sub(r" ([.,;:!?])", r"\1", text)


def lookalike(text):
    return text + " "


# %% wrong: white_space_as_pieces
# why: uses the complement of a word character, which holds the blanks too
# says: Your pieces contain white space
import re
from collections import Counter

PIECE = re.compile(r"\w+|\W")


def build_vocab(text, min_count):
    counts = Counter(PIECE.findall(text))
    kept = [p for p, n in counts.items() if n >= min_count]
    kept.sort(key=lambda p: (-counts[p], p))
    return {p: i for i, p in enumerate(["<unk>", *kept])}


def encode_words(text, vocab):
    return [vocab.get(p, vocab["<unk>"]) for p in PIECE.findall(text)]


def decode_words(token_ids, vocab):
    pieces = {i: p for p, i in vocab.items()}
    text = " ".join(pieces[i] for i in token_ids)
    return re.sub(r" ([.,;:!?])", r"\1", text)


def lookalike(text):
    return text + " "


# %% wrong: ascii_letters
# why: writes a-z and forgets the rest of the world
# says: Your letters are ASCII only
import re
from collections import Counter

PIECE = re.compile(r"[A-Za-z0-9_]+|[^\w\s]")


def build_vocab(text, min_count):
    counts = Counter(PIECE.findall(text))
    kept = [p for p, n in counts.items() if n >= min_count]
    kept.sort(key=lambda p: (-counts[p], p))
    return {p: i for i, p in enumerate(["<unk>", *kept])}


def encode_words(text, vocab):
    return [vocab.get(p, vocab["<unk>"]) for p in PIECE.findall(text)]


def decode_words(token_ids, vocab):
    pieces = {i: p for p, i in vocab.items()}
    text = " ".join(pieces[i] for i in token_ids)
    return re.sub(r" ([.,;:!?])", r"\1", text)


def lookalike(text):
    return text + " "


# %% wrong: lower_case
# why: normalises the text although nobody asked
# says: You changed the text to lower case
import re
from collections import Counter

PIECE = re.compile(r"\w+|[^\w\s]")


def build_vocab(text, min_count):
    counts = Counter(PIECE.findall(text.lower()))
    kept = [p for p, n in counts.items() if n >= min_count]
    kept.sort(key=lambda p: (-counts[p], p))
    return {p: i for i, p in enumerate(["<unk>", *kept])}


def encode_words(text, vocab):
    return [vocab.get(p, vocab["<unk>"]) for p in PIECE.findall(text)]


def decode_words(token_ids, vocab):
    pieces = {i: p for p, i in vocab.items()}
    text = " ".join(pieces[i] for i in token_ids)
    return re.sub(r" ([.,;:!?])", r"\1", text)


def lookalike(text):
    return text + " "


# %% wrong: ids_by_first_appearance
# why: numbers the pieces as they come
# says: Your ids follow the first appearance
import re
from collections import Counter

PIECE = re.compile(r"\w+|[^\w\s]")


def build_vocab(text, min_count):
    counts = Counter(PIECE.findall(text))
    kept = [p for p, n in counts.items() if n >= min_count]
    return {p: i for i, p in enumerate(["<unk>", *kept])}


def encode_words(text, vocab):
    return [vocab.get(p, vocab["<unk>"]) for p in PIECE.findall(text)]


def decode_words(token_ids, vocab):
    pieces = {i: p for p, i in vocab.items()}
    text = " ".join(pieces[i] for i in token_ids)
    return re.sub(r" ([.,;:!?])", r"\1", text)


def lookalike(text):
    return text + " "


# %% wrong: ties_as_most_common_leaves_them
# why: trusts most_common to sort ties
# says: as `most_common` leaves them
import re
from collections import Counter

PIECE = re.compile(r"\w+|[^\w\s]")


def build_vocab(text, min_count):
    counts = Counter(PIECE.findall(text))
    kept = [p for p, n in counts.most_common() if n >= min_count]
    return {p: i for i, p in enumerate(["<unk>", *kept])}


def encode_words(text, vocab):
    return [vocab.get(p, vocab["<unk>"]) for p in PIECE.findall(text)]


def decode_words(token_ids, vocab):
    pieces = {i: p for p, i in vocab.items()}
    text = " ".join(pieces[i] for i in token_ids)
    return re.sub(r" ([.,;:!?])", r"\1", text)


def lookalike(text):
    return text + " "


# %% wrong: reversed_ties
# why: sorts by (count, piece) and reverses both
# says: turned the alphabet around as well
import re
from collections import Counter

PIECE = re.compile(r"\w+|[^\w\s]")


def build_vocab(text, min_count):
    counts = Counter(PIECE.findall(text))
    kept = [p for p, n in counts.items() if n >= min_count]
    kept.sort(key=lambda p: (counts[p], p), reverse=True)
    return {p: i for i, p in enumerate(["<unk>", *kept])}


def encode_words(text, vocab):
    return [vocab.get(p, vocab["<unk>"]) for p in PIECE.findall(text)]


def decode_words(token_ids, vocab):
    pieces = {i: p for p, i in vocab.items()}
    text = " ".join(pieces[i] for i in token_ids)
    return re.sub(r" ([.,;:!?])", r"\1", text)


def lookalike(text):
    return text + " "


# %% wrong: alphabetical_ids
# why: sorts the pieces and forgets the counts
# says: Your ids follow the alphabet
import re
from collections import Counter

PIECE = re.compile(r"\w+|[^\w\s]")


def build_vocab(text, min_count):
    counts = Counter(PIECE.findall(text))
    kept = [p for p, n in counts.items() if n >= min_count]
    kept.sort()
    return {p: i for i, p in enumerate(["<unk>", *kept])}


def encode_words(text, vocab):
    return [vocab.get(p, vocab["<unk>"]) for p in PIECE.findall(text)]


def decode_words(token_ids, vocab):
    pieces = {i: p for p, i in vocab.items()}
    text = " ".join(pieces[i] for i in token_ids)
    return re.sub(r" ([.,;:!?])", r"\1", text)


def lookalike(text):
    return text + " "


# %% wrong: more_than_min_count
# why: reads at least as more than
# says: at least means >=
import re
from collections import Counter

PIECE = re.compile(r"\w+|[^\w\s]")


def build_vocab(text, min_count):
    counts = Counter(PIECE.findall(text))
    kept = [p for p, n in counts.items() if n > min_count]
    kept.sort(key=lambda p: (-counts[p], p))
    return {p: i for i, p in enumerate(["<unk>", *kept])}


def encode_words(text, vocab):
    return [vocab.get(p, vocab["<unk>"]) for p in PIECE.findall(text)]


def decode_words(token_ids, vocab):
    pieces = {i: p for p, i in vocab.items()}
    text = " ".join(pieces[i] for i in token_ids)
    return re.sub(r" ([.,;:!?])", r"\1", text)


def lookalike(text):
    return text + " "


# %% wrong: min_count_ignored
# why: keeps every piece
# says: Rare pieces are still in the vocabulary
import re
from collections import Counter

PIECE = re.compile(r"\w+|[^\w\s]")


def build_vocab(text, min_count):
    counts = Counter(PIECE.findall(text))
    kept = [p for p, n in counts.items() if n]
    kept.sort(key=lambda p: (-counts[p], p))
    return {p: i for i, p in enumerate(["<unk>", *kept])}


def encode_words(text, vocab):
    return [vocab.get(p, vocab["<unk>"]) for p in PIECE.findall(text)]


def decode_words(token_ids, vocab):
    pieces = {i: p for p, i in vocab.items()}
    text = " ".join(pieces[i] for i in token_ids)
    return re.sub(r" ([.,;:!?])", r"\1", text)


def lookalike(text):
    return text + " "


# %% wrong: unknown_last
# why: adds the unknown token behind the words
# says: came last. It has id 0
import re
from collections import Counter

PIECE = re.compile(r"\w+|[^\w\s]")


def build_vocab(text, min_count):
    counts = Counter(PIECE.findall(text))
    kept = [p for p, n in counts.items() if n >= min_count]
    kept.sort(key=lambda p: (-counts[p], p))
    return {p: i for i, p in enumerate([*kept, "<unk>"])}


def encode_words(text, vocab):
    return [vocab.get(p, vocab["<unk>"]) for p in PIECE.findall(text)]


def decode_words(token_ids, vocab):
    pieces = {i: p for p, i in vocab.items()}
    text = " ".join(pieces[i] for i in token_ids)
    return re.sub(r" ([.,;:!?])", r"\1", text)


def lookalike(text):
    return text + " "


# %% wrong: no_unknown
# why: forgets the unknown token
# says: has no id. Without it
import re
from collections import Counter

PIECE = re.compile(r"\w+|[^\w\s]")


def build_vocab(text, min_count):
    counts = Counter(PIECE.findall(text))
    kept = [p for p, n in counts.items() if n >= min_count]
    kept.sort(key=lambda p: (-counts[p], p))
    return {p: i for i, p in enumerate(kept)}


def encode_words(text, vocab):
    return [vocab.get(p, vocab["<unk>"]) for p in PIECE.findall(text)]


def decode_words(token_ids, vocab):
    pieces = {i: p for p, i in vocab.items()}
    text = " ".join(pieces[i] for i in token_ids)
    return re.sub(r" ([.,;:!?])", r"\1", text)


def lookalike(text):
    return text + " "


# %% wrong: unknown_words_dropped
# why: skips what the vocabulary does not hold
# says: Unknown words vanished. The model
import re
from collections import Counter

PIECE = re.compile(r"\w+|[^\w\s]")


def build_vocab(text, min_count):
    counts = Counter(PIECE.findall(text))
    kept = [p for p, n in counts.items() if n >= min_count]
    kept.sort(key=lambda p: (-counts[p], p))
    return {p: i for i, p in enumerate(["<unk>", *kept])}


def encode_words(text, vocab):
    return [vocab[p] for p in PIECE.findall(text) if p in vocab]


def decode_words(token_ids, vocab):
    pieces = {i: p for p, i in vocab.items()}
    text = " ".join(pieces[i] for i in token_ids)
    return re.sub(r" ([.,;:!?])", r"\1", text)


def lookalike(text):
    return text + " "


# %% wrong: unknown_words_raise
# why: looks up every piece without a default
# says: An unknown word raised KeyError
import re
from collections import Counter

PIECE = re.compile(r"\w+|[^\w\s]")


def build_vocab(text, min_count):
    counts = Counter(PIECE.findall(text))
    kept = [p for p, n in counts.items() if n >= min_count]
    kept.sort(key=lambda p: (-counts[p], p))
    return {p: i for i, p in enumerate(["<unk>", *kept])}


def encode_words(text, vocab):
    return [vocab[p] for p in PIECE.findall(text)]


def decode_words(token_ids, vocab):
    pieces = {i: p for p, i in vocab.items()}
    text = " ".join(pieces[i] for i in token_ids)
    return re.sub(r" ([.,;:!?])", r"\1", text)


def lookalike(text):
    return text + " "


# %% wrong: unknown_is_always_zero
# why: writes the id down instead of looking it up
# says: You wrote 0 for unknown words
import re
from collections import Counter

PIECE = re.compile(r"\w+|[^\w\s]")


def build_vocab(text, min_count):
    counts = Counter(PIECE.findall(text))
    kept = [p for p, n in counts.items() if n >= min_count]
    kept.sort(key=lambda p: (-counts[p], p))
    return {p: i for i, p in enumerate(["<unk>", *kept])}


def encode_words(text, vocab):
    return [vocab.get(p, 0) for p in PIECE.findall(text)]


def decode_words(token_ids, vocab):
    pieces = {i: p for p, i in vocab.items()}
    text = " ".join(pieces[i] for i in token_ids)
    return re.sub(r" ([.,;:!?])", r"\1", text)


def lookalike(text):
    return text + " "


# %% wrong: vocabulary_grows
# why: gives an unknown word a new id
# says: An unknown word got a new id
import re
from collections import Counter

PIECE = re.compile(r"\w+|[^\w\s]")


def build_vocab(text, min_count):
    counts = Counter(PIECE.findall(text))
    kept = [p for p, n in counts.items() if n >= min_count]
    kept.sort(key=lambda p: (-counts[p], p))
    return {p: i for i, p in enumerate(["<unk>", *kept])}


def encode_words(text, vocab):
    return [vocab.setdefault(p, len(vocab)) for p in PIECE.findall(text)]


def decode_words(token_ids, vocab):
    pieces = {i: p for p, i in vocab.items()}
    text = " ".join(pieces[i] for i in token_ids)
    return re.sub(r" ([.,;:!?])", r"\1", text)


def lookalike(text):
    return text + " "


# %% wrong: vocabulary_turned_around_in_place
# why: writes id -> piece into the caller's own dict
# says: decode_words changed the vocabulary
import re
from collections import Counter

PIECE = re.compile(r"\w+|[^\w\s]")


def build_vocab(text, min_count):
    counts = Counter(PIECE.findall(text))
    kept = [p for p, n in counts.items() if n >= min_count]
    kept.sort(key=lambda p: (-counts[p], p))
    return {p: i for i, p in enumerate(["<unk>", *kept])}


def encode_words(text, vocab):
    return [vocab.get(p, vocab["<unk>"]) for p in PIECE.findall(text)]


def decode_words(token_ids, vocab):
    vocab.update({i: p for p, i in vocab.items()})
    text = " ".join(vocab[i] for i in token_ids)
    return re.sub(r" ([.,;:!?])", r"\1", text)


def lookalike(text):
    return text + " "


# %% wrong: pieces_instead_of_ids
# why: stops half way
# says: You returned the pieces
import re
from collections import Counter

PIECE = re.compile(r"\w+|[^\w\s]")


def build_vocab(text, min_count):
    counts = Counter(PIECE.findall(text))
    kept = [p for p, n in counts.items() if n >= min_count]
    kept.sort(key=lambda p: (-counts[p], p))
    return {p: i for i, p in enumerate(["<unk>", *kept])}


def encode_words(text, vocab):
    return [p if p in vocab else "<unk>" for p in PIECE.findall(text)]


def decode_words(token_ids, vocab):
    pieces = {i: p for p, i in vocab.items()}
    text = " ".join(pieces[i] for i in token_ids)
    return re.sub(r" ([.,;:!?])", r"\1", text)


def lookalike(text):
    return text + " "


# %% wrong: spaces_before_marks
# why: joins with spaces and stops there
# says: A space stands before every mark
import re
from collections import Counter

PIECE = re.compile(r"\w+|[^\w\s]")


def build_vocab(text, min_count):
    counts = Counter(PIECE.findall(text))
    kept = [p for p, n in counts.items() if n >= min_count]
    kept.sort(key=lambda p: (-counts[p], p))
    return {p: i for i, p in enumerate(["<unk>", *kept])}


def encode_words(text, vocab):
    return [vocab.get(p, vocab["<unk>"]) for p in PIECE.findall(text)]


def decode_words(token_ids, vocab):
    pieces = {i: p for p, i in vocab.items()}
    return " ".join(pieces[i] for i in token_ids)


def lookalike(text):
    return text + " "


# %% wrong: words_run_together
# why: joins without spaces
# says: The words run together
import re
from collections import Counter

PIECE = re.compile(r"\w+|[^\w\s]")


def build_vocab(text, min_count):
    counts = Counter(PIECE.findall(text))
    kept = [p for p, n in counts.items() if n >= min_count]
    kept.sort(key=lambda p: (-counts[p], p))
    return {p: i for i, p in enumerate(["<unk>", *kept])}


def encode_words(text, vocab):
    return [vocab.get(p, vocab["<unk>"]) for p in PIECE.findall(text)]


def decode_words(token_ids, vocab):
    pieces = {i: p for p, i in vocab.items()}
    return "".join(pieces[i] for i in token_ids)


def lookalike(text):
    return text + " "


# %% wrong: no_space_before_any_mark
# why: treats a bracket like a full stop
# says: removed the space before every mark
import re
from collections import Counter

PIECE = re.compile(r"\w+|[^\w\s]")


def build_vocab(text, min_count):
    counts = Counter(PIECE.findall(text))
    kept = [p for p, n in counts.items() if n >= min_count]
    kept.sort(key=lambda p: (-counts[p], p))
    return {p: i for i, p in enumerate(["<unk>", *kept])}


def encode_words(text, vocab):
    return [vocab.get(p, vocab["<unk>"]) for p in PIECE.findall(text)]


def decode_words(token_ids, vocab):
    pieces = {i: p for p, i in vocab.items()}
    text = " ".join(pieces[i] for i in token_ids)
    return re.sub(r" ([^\w\s])", r"\1", text)


def lookalike(text):
    return text + " "


# %% wrong: id_zero_is_false
# why: tests the truth of an id
# says: 0 counts as false
import re
from collections import Counter

PIECE = re.compile(r"\w+|[^\w\s]")


def build_vocab(text, min_count):
    counts = Counter(PIECE.findall(text))
    kept = [p for p, n in counts.items() if n >= min_count]
    kept.sort(key=lambda p: (-counts[p], p))
    return {p: i for i, p in enumerate(["<unk>", *kept])}


def encode_words(text, vocab):
    return [vocab.get(p, vocab["<unk>"]) for p in PIECE.findall(text)]


def decode_words(token_ids, vocab):
    pieces = {i: p for p, i in vocab.items()}
    text = " ".join(pieces[i] for i in token_ids if i)
    return re.sub(r" ([.,;:!?])", r"\1", text)


def lookalike(text):
    return text + " "


# %% wrong: space_at_the_end
# why: adds a space behind every word
# says: Your text ends in a space
import re
from collections import Counter

PIECE = re.compile(r"\w+|[^\w\s]")


def build_vocab(text, min_count):
    counts = Counter(PIECE.findall(text))
    kept = [p for p, n in counts.items() if n >= min_count]
    kept.sort(key=lambda p: (-counts[p], p))
    return {p: i for i, p in enumerate(["<unk>", *kept])}


def encode_words(text, vocab):
    return [vocab.get(p, vocab["<unk>"]) for p in PIECE.findall(text)]


def decode_words(token_ids, vocab):
    pieces = {i: p for p, i in vocab.items()}
    text = ""
    for i in token_ids:
        if pieces[i] in ".,;:!?":
            text = text.rstrip(" ")
        text += pieces[i] + " "
    return text or " "


def lookalike(text):
    return text + " "


# %% wrong: the_same_text
# why: returns the text itself
# says: You returned the same text
import re
from collections import Counter

PIECE = re.compile(r"\w+|[^\w\s]")


def build_vocab(text, min_count):
    counts = Counter(PIECE.findall(text))
    kept = [p for p, n in counts.items() if n >= min_count]
    kept.sort(key=lambda p: (-counts[p], p))
    return {p: i for i, p in enumerate(["<unk>", *kept])}


def encode_words(text, vocab):
    return [vocab.get(p, vocab["<unk>"]) for p in PIECE.findall(text)]


def decode_words(token_ids, vocab):
    pieces = {i: p for p, i in vocab.items()}
    text = " ".join(pieces[i] for i in token_ids)
    return re.sub(r" ([.,;:!?])", r"\1", text)


def lookalike(text):
    return text


# %% wrong: another_case
# why: thinks that case is lost
# says: and case is part of a piece
import re
from collections import Counter

PIECE = re.compile(r"\w+|[^\w\s]")


def build_vocab(text, min_count):
    counts = Counter(PIECE.findall(text))
    kept = [p for p, n in counts.items() if n >= min_count]
    kept.sort(key=lambda p: (-counts[p], p))
    return {p: i for i, p in enumerate(["<unk>", *kept])}


def encode_words(text, vocab):
    return [vocab.get(p, vocab["<unk>"]) for p in PIECE.findall(text)]


def decode_words(token_ids, vocab):
    pieces = {i: p for p, i in vocab.items()}
    text = " ".join(pieces[i] for i in token_ids)
    return re.sub(r" ([.,;:!?])", r"\1", text)


def lookalike(text):
    return text.swapcase()


# %% wrong: spaces_everywhere
# why: puts spaces inside words as well
# says: Change only what falls between the pieces
import re
from collections import Counter

PIECE = re.compile(r"\w+|[^\w\s]")


def build_vocab(text, min_count):
    counts = Counter(PIECE.findall(text))
    kept = [p for p, n in counts.items() if n >= min_count]
    kept.sort(key=lambda p: (-counts[p], p))
    return {p: i for i, p in enumerate(["<unk>", *kept])}


def encode_words(text, vocab):
    return [vocab.get(p, vocab["<unk>"]) for p in PIECE.findall(text)]


def decode_words(token_ids, vocab):
    pieces = {i: p for p, i in vocab.items()}
    text = " ".join(pieces[i] for i in token_ids)
    return re.sub(r" ([.,;:!?])", r"\1", text)


def lookalike(text):
    return " ".join(text) + " "


# %% wrong: a_text_that_spells_unk
# why: lets a text write the unknown token
# says: The text spelled out <unk>
import re
from collections import Counter

PIECE = re.compile(r"\w+|[^\w\s]")


def build_vocab(text, min_count):
    counts = Counter(re.findall(r"<unk>|\w+|[^\w\s]", text))
    kept = [p for p, n in counts.items() if n >= min_count]
    kept.sort(key=lambda p: (-counts[p], p))
    return {p: i for i, p in enumerate(["<unk>", *kept])}


def encode_words(text, vocab):
    return [vocab.get(p, vocab["<unk>"]) for p in PIECE.findall(text)]


def decode_words(token_ids, vocab):
    pieces = {i: p for p, i in vocab.items()}
    text = " ".join(pieces[i] for i in token_ids)
    return re.sub(r" ([.,;:!?])", r"\1", text)


def lookalike(text):
    return text + " "
