"""The oracles of exercises 1.1 to 1.5, against independent programs."""

import doctest
import json
import random
import re
from itertools import pairwise
from pathlib import Path

import pytest
import regex
import tiktoken

from scratchgrade.checks.tokenization import (
    encoding,
    splitting,
    training,
    utf8,
    words,
)
from scratchlm.tokenizer import BPETokenizer, gpt2_encoding, pre_split

ROOT = Path(__file__).resolve().parent.parent
NAME = "01-tokenization"
NOTEBOOK = ROOT / "solutions" / NAME / f"{NAME}.ipynb"
SEEDS = range(40)


def test_widths_are_those_of_the_codec():
    for first in range(0, 0x110000, 997):
        if not 0xD800 <= first <= 0xDFFF:
            c = chr(first)
            assert utf8.true_width(c) == len(c.encode("utf-8"))


@pytest.mark.parametrize("seed", SEEDS)
def test_chunks_decode_to_the_whole_text(seed):
    rng = random.Random(seed)
    text = utf8.draw_text(rng, 20)
    pieces = utf8.true_pieces(utf8.cut(rng, text.encode(), 9))
    assert "".join(pieces) == text
    assert len(pieces) == 10


@pytest.mark.parametrize("seed", SEEDS)
def test_merges_are_those_of_the_library(seed):
    draw = training.drawn(
        lambda rng: (training.draw_words(rng, "abcéї", 8, 6), 9),
        training.has_enough_pairs,
    )
    corpus, n = draw(random.Random(seed))
    library = BPETokenizer.train("\n".join(corpus), 256 + n)
    # Each newline is a word of its own and brings no pair.
    assert library.merges == training.true_merges(corpus, n)


@pytest.mark.parametrize("seed", SEEDS)
def test_ids_are_those_of_tiktoken(seed):
    text, merges = encoding.draw_encoding(random.Random(seed))
    tokens = training.spellings(merges)
    reference = tiktoken.Encoding(
        "drawn",
        pat_str=r"[\s\S]+",
        mergeable_ranks={token: i for i, token in enumerate(tokens)},
        special_tokens={},
    )
    ids = encoding.true_ids(text, merges)
    assert ids == reference.encode_ordinary(text)
    assert encoding.true_text(ids, merges) == reference.decode(ids) == text


def test_gpt2s_merges_renumbered_still_give_gpt2s_tokens():
    for word in encoding.GPT2_WORDS:
        merges, expected = encoding.gpt2_sample(word)
        assert len(merges) < 200  # small enough to be sent with every call
        assert len(pre_split(word)) == 1
        assert encoding.true_ids(word, merges) == expected
        assert encoding.true_text(expected, merges) == word
        assert len(expected) == len(gpt2_encoding().encode_ordinary(word))


TEXTS = [
    splitting.LATIN,
    splitting.SCRIPTS,
    splitting.NUMBERS,
    splitting.SIGNS,
    splitting.TAILS,
]
BLANKS = ["", " ", "  ", "\n", "\t ", "\u00a0", "\r\n"]


@pytest.mark.parametrize("seed", SEEDS)
def test_words_are_those_of_tiktokens_pattern(seed):
    draw = splitting.draw_from(*TEXTS, blanks=BLANKS)
    (text,) = draw(random.Random(seed))
    pattern = gpt2_encoding()._pat_str
    assert splitting.true_words(text) == regex.findall(pattern, text)
    assert splitting.true_words(text) == pre_split(text)


@pytest.mark.parametrize("group", [1, 2, 3, 7])
def test_groups_are_full_from_the_right_and_lose_nothing(group):
    for n in range(1, 20):
        digits = "".join(str(i % 10) for i in range(n))
        cut = splitting.true_words(f" {digits}", group)
        assert "".join(cut) == f" {digits}"
        first, *rest = [len(word.strip()) for word in cut]
        assert all(size == group for size in rest)
        assert 1 <= first <= group


@pytest.mark.parametrize("seed", SEEDS)
def test_a_word_tokenizer_knows_its_own_text(seed):
    text = words.draw_sentence(random.Random(seed), 30)
    vocab = words.true_vocab(text, 1)
    ids = words.true_ids(text, vocab)
    assert 0 not in ids
    # Decoding writes each space anew, so only the ids come back.
    assert words.true_ids(words.true_text(ids, vocab), vocab) == ids


@pytest.mark.parametrize("seed", SEEDS)
def test_corpora_for_one_difficulty_are_free_of_the_others(seed):
    rng = random.Random(seed)
    draw = training.drawn(
        lambda rng: (training.draw_words(rng, "abcde", 8, 6), 3),
        training.has_no_ties,
        training.has_no_doubles,
        training.has_no_twins,
    )
    corpus, n = draw(rng)
    merges = training.true_merges(corpus, n)
    for k in range(len(merges)):
        rows = [encoding.true_ids(word, merges[:k]) for word in corpus]
        pairs = [pair for row in rows for pair in pairwise(row)]
        top = max(map(pairs.count, set(pairs)))
        best = [pair for pair in set(pairs) if pairs.count(pair) == top]
        assert best == [merges[k]]
        assert merges[k][0] != merges[k][1]


def cells(prefix):
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        label = cell["metadata"].get("nbgrader", {}).get("grade_id", "")
        if label.startswith(prefix):
            yield label.removeprefix(prefix), "".join(cell["source"])


@pytest.mark.parametrize("number", range(1, 6))
def test_the_example_in_a_statement_is_what_the_answer_gives(number):
    statement = dict(cells("statement-1-"))[str(number)]
    namespace = {}
    exec(dict(cells("answer-1-"))[str(number)], namespace)
    (example,) = re.findall(r"```python\n(>>>.*?)```", statement, re.DOTALL)
    test = doctest.DocTestParser().get_doctest(
        example, namespace, f"statement 1.{number}", None, 0
    )
    result = doctest.DocTestRunner().run(test)
    assert result.attempted >= 2
    assert result.failed == 0
