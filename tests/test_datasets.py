"""The shipped texts: whole, in order, checked at loading; and the script that
made them, run on a package built here byte by byte."""

import gzip
import io
import re
import struct
import tarfile
import unicodedata
import zlib
from importlib import resources
from pathlib import Path

import pytest
from scratchlm.shipped import extract_austen

from scratchlm import datasets
from scratchlm.datasets import AUSTEN_TITLES, load_austen, load_passages

# Chapters of each novel, as every complete edition has them.
N_CHAPTERS = dict(zip(AUSTEN_TITLES, [50, 61, 48, 55, 31, 24], strict=True))


def test_the_novels_together_are_the_whole_text():
    novels = [load_austen(title) for title in AUSTEN_TITLES]
    assert "\n\n".join(novels) == load_austen()
    assert 4_000_000 < len(load_austen()) < 4_050_000


@pytest.mark.parametrize("title", AUSTEN_TITLES)
def test_each_novel_is_complete_and_under_its_own_title(title):
    text = load_austen(title)
    assert text.splitlines()[0].casefold() == title.casefold()
    chapters = re.findall(r"^chapter [ivxl\d]+\.?$", text, re.M | re.I)
    assert len(chapters) == N_CHAPTERS[title]
    assert text.endswith((".\n", "END\n", "FINIS\n", "Finis\n"))


def test_known_openings():
    pride = load_austen("Pride and Prejudice")
    assert (
        "\n\nIt is a truth universally acknowledged, that a single man in "
        "possession of a good fortune, must be in want of a wife.\n\n"
    ) in pride
    assert "\n\nEmma Woodhouse, handsome, clever, and rich" in load_austen()


def test_paragraphs_are_unwrapped_and_clean():
    text = load_austen()
    assert {c for c in text if not (c == "\n" or " " <= c <= "~")} == {"£"}
    assert "  " not in text
    assert not re.search(r"^ | $", text, re.M)
    assert "\n\n\n\n" not in text
    assert not re.search("gutenberg|signet|constable", text, re.I)
    # verse keeps its lines
    assert "denote,\nWhich my second is destin'd to feel\n" in text


def test_another_title_is_refused_with_the_choices():
    with pytest.raises(ValueError, match=r"'Sanditon'; choose .*'Emma'"):
        load_austen("Sanditon")


def test_the_file_is_small_enough_to_ship():
    shipped = resources.files("scratchlm.shipped") / "austen.txt.gz"
    assert len(shipped.read_bytes()) <= 1_500_000


@pytest.mark.parametrize("damage", ["one bit", "cut short", "another text"])
def test_a_damaged_file_is_refused(monkeypatch, tmp_path, damage):
    shipped = resources.files("scratchlm.shipped") / "austen.txt.gz"
    content = bytearray(shipped.read_bytes())
    if damage == "one bit":
        content[1_000] ^= 1
    elif damage == "cut short":
        del content[-10:]
    else:
        content = gzip.compress(b"Call me Ishmael.")
    monkeypatch.setattr(datasets.resources, "files", lambda _: tmp_path)
    copy = tmp_path / "austen.txt.gz"
    copy.write_bytes(content)
    with pytest.raises(ValueError, match=f"expected {datasets.AUSTEN_SHA256}"):
        load_austen()
    copy.write_bytes(shipped.read_bytes())
    assert load_austen("Emma").startswith("EMMA")


def test_the_ledger_names_every_data_file_and_its_hash():
    folder = Path(datasets.__file__).parent.parent / "book" / "data"
    ledger = (folder / "README.md").read_text(encoding="utf-8")
    kept = {".gz", ".json", ".csv", ".safetensors"}
    files = [p for p in folder.rglob("*") if p.suffix in kept]
    names = {p.relative_to(folder).as_posix() for p in files}
    assert names >= {"austen.txt.gz", "checkpoints/stories/model.safetensors"}
    for path in files:
        content = path.read_bytes()
        if path.suffix in (".json", ".csv"):  # git may have written CRLF
            content = content.replace(b"\r\n", b"\n")
        name = path.relative_to(folder).as_posix()
        row = next(r for r in ledger.splitlines() if f"| `{name}`" in r)
        assert datasets.hashlib.sha256(content).hexdigest() in row, name
        assert f"{len(content):,}" in row, name


def test_passages_are_in_the_scripts_that_they_claim():
    text = resources.files("scratchlm.shipped") / "fertility.json"
    entries = datasets.json.loads(text.read_text("utf-8"))["passages"]
    assert load_passages() == {k: v["text"] for k, v in entries.items()}
    assert {"English", "Ukrainian"} <= entries.keys()
    assert len({entry["script"] for entry in entries.values()}) >= 5
    names = {"Han": "CJK", "Kanji and kana": ("CJK", "HIRAGANA", "KATAKANA")}
    for language, entry in entries.items():
        script = names.get(entry["script"], entry["script"].upper())
        letters = [c for c in entry["text"] if c.isalpha()]
        strays = [
            c for c in letters if not unicodedata.name(c).startswith(script)
        ]
        assert letters, language
        assert not strays, language


# --- the extraction script -------------------------------------------------


def word(value):
    return struct.pack(">i", value)


def r_string(text):
    return word(9 | 64 << 12) + word(len(text.encode())) + text.encode()


def r_strings(texts):
    return word(16) + word(len(texts)) + b"".join(map(r_string, texts))


def r_names(names):
    """Attributes: a pair list with the one tag `names`."""
    symbol = word(1) + r_string("names")
    return word(2 | 1 << 10) + symbol + r_strings(names) + word(254)


def r_file(item):
    header = b"X\n" + word(3) + word(0x040201) + word(0x030500)
    return header + word(5) + b"UTF-8" + item


def deb_with(files, path):
    """A Debian package: an ar archive with an odd-sized first member."""
    tar_file = io.BytesIO()
    with tarfile.open(fileobj=tar_file, mode="w:xz") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(f"./usr/lib/R/{name}")
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    members = {"debian-binary": b"2.0", "data.tar.xz": tar_file.getvalue()}
    deb = b"!<arch>\n"
    for name, body in members.items():
        deb += f"{name:<48}{len(body):<10}`\n".encode() + body
        deb += b"\n" * (len(body) % 2)
    path.write_bytes(deb)


def test_the_extraction_reads_a_package_made_by_hand(tmp_path):
    lines = [
        "TITLE",
        "",
        "",
        "One long",
        "line.  Two",
        "",
        "   Verse",
        "   Me",
    ]
    lines += ["", "  [End volume one]", "", '"£5," she', "said", ""]
    rdb, places = b"", []
    for name in extract_austen.NOVELS:
        last = ["A NOTE ON THE TEXT", "", "by us"] * (name == "persuasion")
        plain = r_file(r_strings([name, "", *lines, *last]))
        chunk = word(len(plain)) + zlib.compress(plain)
        places.append(word(13) + word(2) + word(len(rdb)) + word(len(chunk)))
        rdb += chunk
    variables = word(19 | 1 << 9) + word(6) + b"".join(places)
    variables += r_names(extract_austen.NOVELS)
    # the second time a symbol occurs it is a reference to the first
    names = word(2 | 1 << 10) + word(255 | 1 << 8) + r_strings(["variables"])
    index = word(19 | 1 << 9) + word(1) + variables + names + word(254)
    deb_with(
        {"Rdata.rdx": gzip.compress(r_file(index)), "Rdata.rdb": rdb},
        tmp_path / "austen.deb",
    )
    target = tmp_path / "austen.txt.gz"
    extract_austen.main(tmp_path / "austen.deb", target)
    novel = 'TITLE\n\nOne long line. Two\n\nVerse\nMe\n\n"£5," she said'
    expected = [f"{name}\n\n{novel}" for name in extract_austen.NOVELS]
    text = gzip.decompress(target.read_bytes()).decode()
    assert text == "\n\n\n".join(expected) + "\n"
    first = target.read_bytes()
    extract_austen.main(tmp_path / "austen.deb", target)
    assert target.read_bytes() == first


def test_the_extraction_refuses_what_is_no_package(tmp_path):
    other = tmp_path / "other.deb"
    other.write_bytes(b"PK\x03\x04")
    with pytest.raises(ValueError, match="no ar signature"):
        extract_austen.main(other, tmp_path / "out.gz")
    deb_with({}, other)
    content = other.read_bytes().replace(b"data.tar.xz", b"other.thing")
    other.write_bytes(content)
    with pytest.raises(ValueError, match=r"no data\.tar"):
        extract_austen.main(other, tmp_path / "out.gz")
    with pytest.raises(ValueError, match="R type 14 at byte"):
        extract_austen.RReader(r_file(word(14))).read()
    with pytest.raises(ValueError, match="no X header"):
        extract_austen.RReader(b"A\n").read()
