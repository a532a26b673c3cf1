"""From documents to token files: nothing lost, nothing leaked, in a stream."""

import subprocess
import sys

import pytest

from scratchlm.corpus import (
    END_OF_TEXT,
    documents_of,
    is_held_out,
    limited,
    prepare,
    read_documents,
)

DOCUMENTS = [f"Story {i} of {i * i}.\nIt ends." for i in range(60)]


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text(f"\n{END_OF_TEXT}\n".join(DOCUMENTS), encoding="utf-8")
    return path


def test_documents_of_a_file_are_whole(source):
    assert list(read_documents(source)) == DOCUMENTS
    assert list(documents_of(str(source), 7)) == DOCUMENTS[:7]


def test_an_unknown_source_is_refused_with_the_choices():
    with pytest.raises(ValueError, match=r"'poems'; take 'stories', 'austen'"):
        documents_of("poems")


def test_the_share_held_out_is_about_right_and_copies_stay_together():
    held = [is_held_out(f"document {i}", 0.2) for i in range(5_000)]
    assert 0.17 < sum(held) / 5_000 < 0.23
    assert held == [is_held_out(f"document {i}", 0.2) for i in range(5_000)]


def test_limited_stops_after_the_characters_asked_for():
    taken = list(limited(iter(["abc", "de", "f", "ghi"]), 5))
    assert taken == ["abc", "de"]


def test_both_files_hold_their_documents_and_no_others(source, tmp_path):
    tokenizer, train, validation, n_characters = prepare(
        tmp_path / "run", source, 280, 0.2
    )
    texts = [
        tokenizer.decode(ids).split(END_OF_TEXT)[:-1]
        for ids in (train, validation)
    ]
    assert sorted(texts[0] + texts[1]) == sorted(DOCUMENTS)
    assert all(is_held_out(text, 0.2) for text in texts[1])
    assert not any(is_held_out(text, 0.2) for text in texts[0])
    assert n_characters == sum(map(len, texts[1]))


def test_a_second_call_reads_and_another_setting_is_refused(source, tmp_path):
    first = prepare(tmp_path / "run", source, 280, 0.2)
    stamp = (tmp_path / "run" / "train.npy").stat().st_mtime_ns
    again = prepare(tmp_path / "run", source, 280, 0.2)
    assert (again[1] == first[1]).all()
    assert (tmp_path / "run" / "train.npy").stat().st_mtime_ns == stamp
    with pytest.raises(ValueError, match=r"280.* not with .*281"):
        prepare(tmp_path / "run", source, 281, 0.2)


MEASURE = """
import resource, sys
import scratchlm.corpus as corpus
corpus.TOKENIZER_TEXT = 20_000
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
corpus.prepare(sys.argv[1], sys.argv[2], 280, 0.2)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_memory_does_not_grow_with_the_text(tmp_path):
    """Twenty times the text, and far less memory than its own size."""
    document = "One two three four five six seven eight nine ten. " * 400
    grown = []
    for n_documents in (20, 800):
        path = tmp_path / f"{n_documents}.txt"
        with path.open("w") as file:
            for i in range(n_documents):
                file.write(f"{i} {document}\n{END_OF_TEXT}\n")
        done = subprocess.run(
            [sys.executable, "-c", MEASURE, tmp_path / f"{n_documents}", path],
            capture_output=True,
            text=True,
            check=True,
        )
        unit = 1 if sys.platform == "darwin" else 1024
        grown.append(int(done.stdout) * unit)
    assert path.stat().st_size > 15e6
    assert grown[1] - grown[0] < 6e6
