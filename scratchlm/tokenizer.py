"""The course's tokenizer: from text to token ids and back.

`BPETokenizer` learns a vocabulary from a text or reads GPT-2's own;
`gpt2_encoding` gives tiktoken's version of GPT-2's to compare with. The
algorithm itself is in `bpe`. Everything works offline.

Left out on purpose: other pre-splits, Unicode normalisation, dropout of
merges, and files in other libraries' formats.
"""

import json
from collections import Counter
from itertools import pairwise
from operator import index
from pathlib import Path
from typing import NamedTuple

import regex

from scratchlm.bpe import (
    GPT2_SPLIT_PATTERN,
    apply_merges,
    learn_merges,
    merge,
    pre_split,
)
from scratchlm.gpt2_vocabulary import gpt2_encoding, read_gpt2_merges

__all__ = [
    "GPT2_SPLIT_PATTERN",
    "BPETokenizer",
    "MergeStep",
    "gpt2_encoding",
    "pre_split",
]

FILE_FORMAT = "scratchlm BPE 1"
MAX_VOCABULARY_BYTES = 2**26  # GPT-2's tokens hold 320,000 bytes in all
MAX_CACHED_WORDS = 2**16
MAX_CACHED_LENGTH = 64  # bytes; longer words are rare and would fill memory


class MergeStep(NamedTuple):
    """One step of encoding a word: `pair` becomes `new_id` everywhere."""

    token_ids: list[int]  # the word before the step
    pair: tuple[int, int]
    rank: int
    new_id: int


def build_tokens(merges, byte_order):
    """The bytes of each id, from single bytes and pairs of earlier ids."""
    if sorted(byte_order) != list(range(256)):
        raise ValueError("byte_order must hold each of 0 to 255 once")
    if len(set(merges)) < len(merges):
        raise ValueError("a pair is merged twice; drop the second merge")
    tokens = [bytes([byte]) for byte in byte_order]
    size = 256
    for rank, (left, right) in enumerate(merges):
        if not (0 <= left < len(tokens) and 0 <= right < len(tokens)):
            raise ValueError(
                f"merge {rank} joins the ids {left} and {right}, but only "
                f"0 to {len(tokens) - 1} exist before it"
            )
        size += len(tokens[left]) + len(tokens[right])
        if size > MAX_VOCABULARY_BYTES:  # 60 doublings are 2**60 bytes
            raise ValueError(
                f"the tokens up to merge {rank} hold {size} bytes, more "
                f"than the limit of {MAX_VOCABULARY_BYTES}"
            )
        tokens.append(tokens[left] + tokens[right])
    return tokens


def number_special_tokens(special_tokens, first_id):
    """{text: id} with consecutive ids."""
    if isinstance(special_tokens, str):
        raise ValueError(
            f"special_tokens={special_tokens!r} would be read letter by "
            f"letter; pass a list, [{special_tokens!r}]"
        )
    texts = list(special_tokens)
    usable = all(isinstance(text, str) and text for text in texts)
    if not usable or len(set(texts)) < len(texts):
        raise ValueError(
            f"special tokens must be texts, different and not empty; "
            f"got {texts}"
        )
    return {text: first_id + i for i, text in enumerate(texts)}


def split_at(special_tokens, text):
    """Cut `text` at special tokens: [text, special, text, ..., text].

    >>> split_at(["<a>", "<a><b>"], "x<a><b>y")
    ['x', '<a><b>', 'y']
    """
    if not special_tokens:
        return [text]
    longest_first = sorted(special_tokens, key=lambda text: (-len(text), text))
    pattern = "|".join(map(regex.escape, longest_first))
    return regex.split(f"({pattern})", text)


def repair(text):
    """`text` with each half of a surrogate pair replaced by U+FFFD.

    Python's strings can hold such halves (a broken JSON escape makes one),
    UTF-8 cannot. Two halves that belong together become their character,
    as in tiktoken.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        utf16 = text.encode("utf-16", "surrogatepass")
        return utf16.decode("utf-16", "replace")
    return text


def known_ids(token_ids, vocab_size):
    """Yield each id as an int; raise ValueError for one that is unknown."""
    for token_id in map(index, token_ids):
        if not 0 <= token_id < vocab_size:
            raise ValueError(
                f"token id {token_id} is not in this vocabulary of "
                f"{vocab_size} (0 to {vocab_size - 1}); were the ids made by "
                "another tokenizer?"
            )
        yield token_id


class BPETokenizer:
    """A byte-level byte pair encoding.

    Ids 0 to 255 are the single bytes, merge number `rank` makes the id
    256 + rank, and special tokens have the last ids. As every byte has an
    id, every text can be encoded and there is no "unknown" token.

    merges: pairs of ids, the earliest (lowest rank) first
    token_bytes: the bytes of each id, without the special tokens
    special_tokens: {text: id}

    Two merges never make the same bytes. Merges are applied in the order of
    their ranks, each wherever it fits, so what becomes of a span of bytes
    between two token boundaries does not depend on what is around it. A span
    that one merge turned into a token is a single token ever after, and no
    later merge can build these bytes from two parts.

    >>> tokenizer = BPETokenizer.train("low low low lower", vocab_size=260)
    >>> tokenizer.token_bytes[256:]
    [b'lo', b'low', b' low', b'er']
    >>> tokenizer.encode("low slower")
    [257, 32, 115, 257, 259]
    >>> tokenizer.decode([257, 32, 115, 257, 259])
    'low slower'
    """

    def __init__(self, merges, special_tokens=(), byte_order=range(256)):
        """From its parts: `byte_order[i]` is the byte of id i.

        Raises ValueError when the parts do not make a vocabulary.
        """
        self.merges = [tuple(pair) for pair in merges]
        self.token_bytes = build_tokens(self.merges, byte_order)
        self.special_tokens = number_special_tokens(
            special_tokens, first_id=len(self.token_bytes)
        )
        self._all_bytes = self.token_bytes + [
            text.encode() for text in self.special_tokens
        ]
        self._byte_ids = {byte: i for i, byte in enumerate(byte_order)}
        self._ranks = {pair: rank for rank, pair in enumerate(self.merges)}
        self._cache = {}

    def __repr__(self):
        return (
            f"BPETokenizer(vocab_size={self.vocab_size}, "
            f"special_tokens={list(self.special_tokens)})"
        )

    @property
    def vocab_size(self):
        """The number of ids, special tokens included."""
        return len(self._all_bytes)

    @classmethod
    def train(cls, text, vocab_size, special_tokens=(), progress=False):
        """Learn merges from `text` until there are `vocab_size` ids.

        In each round the pair of neighbours with the highest count is
        merged; of several, the one with the smallest ids (by the first id,
        then by the second). Pairs are counted inside words, so no merge
        crosses a boundary of `pre_split`. Where the text spells a special
        token it is cut, and nothing is learned from the special token.

        Training ends early when no pair is left; `vocab_size` of the result
        tells. `progress=True` counts the merges on stderr. Raises ValueError
        when `vocab_size` has no room for the bytes and special tokens.
        """
        special_tokens = list(special_tokens)
        n_merges = vocab_size - 256 - len(special_tokens)
        if n_merges < 0:
            raise ValueError(
                f"vocab_size={vocab_size} has no room for 256 bytes and "
                f"{len(special_tokens)} special tokens; "
                f"take at least {256 + len(special_tokens)}"
            )
        number_special_tokens(special_tokens, first_id=0)  # complain early
        counts = Counter()
        for part in split_at(special_tokens, repair(text))[::2]:
            counts.update(pre_split(part))
        merges = learn_merges(counts, n_merges, progress)
        return cls(merges, special_tokens)

    @classmethod
    def gpt2(cls):
        """GPT-2's own vocabulary: 50,257 ids.

        Its ids 0 to 255 are the bytes in another order: id 0 is "!".
        """
        merges, byte_order = read_gpt2_merges()
        return cls(merges, ["<|endoftext|>"], byte_order)

    def encode(self, text, allowed_special=(), disallowed_special="all"):
        """Token ids of `text`.

        A special token in the text becomes its id only where
        `allowed_special` (a set of texts, or "all") names it: whoever writes
        the text must not be able to command the model. One that is not
        allowed raises ValueError, or is encoded like any other text where
        `disallowed_special` leaves it out; `disallowed_special=()` does so
        for all. Of overlapping special tokens the longest counts.

        Half a surrogate pair is no character and becomes U+FFFD.
        """
        text = repair(text)
        allowed = self._special(allowed_special, "allowed_special")
        if unknown := allowed - self.special_tokens.keys():
            raise ValueError(
                f"allowed_special names {sorted(unknown)}, but the special "
                f"tokens here are {list(self.special_tokens)}"
            )
        refused = self._special(disallowed_special, "disallowed_special")
        if found := split_at(refused - allowed, text)[1:2]:
            raise ValueError(
                f"the text spells the special token {found[0]!r}. If it may "
                f"act as one, pass allowed_special={{{found[0]!r}}}; to "
                "encode it as ordinary text, pass disallowed_special=()."
            )
        token_ids = []
        for at, part in enumerate(split_at(allowed, text)):
            if at % 2:
                token_ids.append(self.special_tokens[part])
            else:
                for word in pre_split(part):
                    token_ids.extend(self._encode_word(word.encode()))
        return token_ids

    def _special(self, names, argument):
        if names == "all":
            return set(self.special_tokens)
        if isinstance(names, str):
            raise ValueError(
                f"{argument}={names!r} would be read letter by letter; "
                f"pass a set, {argument}={{{names!r}}}, or 'all'"
            )
        return set(names)

    def _encode_word(self, word):
        """Token ids of the bytes of one word, remembered if it is short."""
        if word in self._cache:
            return self._cache[word]
        single_bytes = [self._byte_ids[byte] for byte in word]
        token_ids = apply_merges(single_bytes, self._ranks)
        if len(word) <= MAX_CACHED_LENGTH:
            if len(self._cache) >= MAX_CACHED_WORDS:
                self._cache.clear()
            self._cache[word] = token_ids
        return token_ids

    def merge_steps(self, word):
        """How one word is encoded: a list of MergeStep, one for each rank.

        Each step merges the pair of lowest rank wherever it stands; after
        the last one the ids are those of `encode`. Raises ValueError when
        `pre_split` cuts `word` into several.
        """
        if len(words := pre_split(word)) > 1:
            raise ValueError(
                f"{word!r} is {len(words)} words for pre_split: {words}; "
                "ask for the steps of one of them"
            )
        ids = [self._byte_ids[byte] for byte in repair(word).encode()]
        steps = []
        while ranks := [
            self._ranks[pair] for pair in pairwise(ids) if pair in self._ranks
        ]:
            rank = min(ranks)
            step = MergeStep(ids, self.merges[rank], rank, 256 + rank)
            steps.append(step)
            ids, _ = merge(ids, step.pair, step.new_id)
        return steps

    def decode_bytes(self, token_ids):
        """The bytes of `token_ids`, special tokens as their text.

        Raises ValueError for an id outside the vocabulary.
        """
        known = known_ids(token_ids, self.vocab_size)
        return b"".join(self._all_bytes[i] for i in known)

    def decode(self, token_ids):
        """The text of `token_ids`.

        A token may hold only a part of a character; what does not make a
        whole one is shown as U+FFFD, so decoding never fails on the middle
        of a text. Raises ValueError for an id outside the vocabulary.
        """
        return self.decode_bytes(token_ids).decode(errors="replace")

    def save(self, path):
        """Write the tokenizer to one JSON file."""
        content = {
            "format": FILE_FORMAT,
            "byte_order": [token[0] for token in self.token_bytes[:256]],
            "merges": self.merges,
            "special_tokens": list(self.special_tokens),
        }
        text = json.dumps(content) + "\n"
        Path(path).write_text(text, encoding="utf-8", newline="\n")

    @classmethod
    def load(cls, path):
        """Read a tokenizer that `save` wrote.

        Raises ValueError, with the file's name and what is wrong in it, when
        the file is damaged: nothing in it is trusted.
        """
        try:
            content = json.loads(Path(path).read_text(encoding="utf-8"))
            if content["format"] != FILE_FORMAT:
                raise ValueError(f"its format is {content['format']!r}")
            return cls(
                content["merges"],
                content["special_tokens"],
                content["byte_order"],
            )
        except (ValueError, TypeError, LookupError, RecursionError) as error:
            raise ValueError(
                f"{path} is not a tokenizer file ({FILE_FORMAT}): "
                f"{type(error).__name__}: {error}"
            ) from error
