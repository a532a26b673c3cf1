"""Make austen.txt.gz from Debian's package r-cran-janeaustenr.

    apt-get download r-cran-janeaustenr
    python extract_austen.py r-cran-janeaustenr_1.0.0-1_all.deb

The package holds Jane Austen's six novels as R objects, one string for each
printed line. This script needs neither R nor Debian: a .deb is an `ar`
archive with a tar file inside, an R database is a row of zlib chunks with an
index, and of R's serialisation only the few types that the two files use are
read here. The same .deb gives the same bytes on every machine that has the
same zlib (the text is always the same, its compressed form may differ).

What is changed on the way: lines are joined into paragraphs, verse keeps its
lines, runs of spaces become one space, and what a later editor added is left
out (three notes in square brackets, the note after Northanger Abbey).
Paragraphs are separated by one empty line, novels by two.
"""

import gzip
import io
import struct
import sys
import tarfile
import zlib
from itertools import groupby
from pathlib import Path

NOVELS = [  # in the order of publication
    "sensesensibility",
    "prideprejudice",
    "mansfieldpark",
    "emma",
    "northangerabbey",
    "persuasion",
]
EDITORS_NOTES = ("[End volume", "[At this point")


def members_of_deb(path):
    """The files in a .deb's data archive: {name: bytes}."""
    deb = path.read_bytes()
    if not deb.startswith(b"!<arch>\n"):
        raise ValueError(f"{path} is not a .deb (no ar signature)")
    start = 8
    while start < len(deb):
        name = deb[start : start + 16].decode().strip()
        size = int(deb[start + 48 : start + 58])
        body = deb[start + 60 : start + 60 + size]
        if name.startswith("data.tar"):
            with tarfile.open(fileobj=io.BytesIO(body)) as tar:
                return {
                    Path(member.name).name: tar.extractfile(member).read()
                    for member in tar
                    if member.isfile()
                }
        start += 60 + size + size % 2  # members start at even offsets
    raise ValueError(f"{path} has no data.tar: not a Debian package")


class RReader:
    """Reads R's binary serialisation ("XDR"), as far as we meet it here.

    Each item starts with a word of flags: the type in the low 8 bits, bit 9
    for "has attributes", bit 10 for "has a tag". Lists and vectors come back
    as lists, strings as str, a vector with attributes as a pair
    (vector, {name: attribute}).
    """

    NIL, REFERENCE = 254, 255
    SYMBOL, PAIR_LIST, STRING = 1, 2, 9
    LOGICALS, INTEGERS, STRINGS, LIST = 10, 13, 16, 19

    def __init__(self, serialised):
        self.data, self.at, self.symbols = serialised, 0, []

    def take(self, size):
        self.at += size
        return self.data[self.at - size : self.at]

    def integer(self):
        return struct.unpack(">i", self.take(4))[0]

    def read(self):
        """The object in the file, after its header."""
        if self.take(2) != b"X\n":
            raise ValueError("not R's binary serialisation (no X header)")
        version = self.integer()
        self.take(8)  # which R wrote it, which R can read it
        if version == 3:
            self.take(self.integer())  # the writer's native encoding
        return self.item()

    def item(self):
        flags = self.integer()
        kind = flags & 255
        if kind == self.NIL:
            return None
        if kind == self.REFERENCE:
            return self.symbols[(flags >> 8) - 1]
        if kind == self.SYMBOL:
            self.symbols.append(self.item())
            return self.symbols[-1]
        if kind == self.STRING:
            return self.take(self.integer()).decode("utf-8")
        if kind == self.PAIR_LIST:
            tag = self.item() if flags & 1 << 10 else None
            return {tag: self.item()} | (self.item() or {})
        if kind in (self.LOGICALS, self.INTEGERS):
            vector = [self.integer() for _ in range(self.integer())]
        elif kind in (self.STRINGS, self.LIST):
            vector = [self.item() for _ in range(self.integer())]
        else:
            raise ValueError(f"R type {kind} at byte {self.at} is not read")
        return (vector, self.item()) if flags & 1 << 9 else vector


def lines_of_novels(deb):
    """{R name of the novel: its printed lines}."""
    files = members_of_deb(deb)
    index, _ = RReader(gzip.decompress(files["Rdata.rdx"])).read()
    places, attributes = index[0]
    novels = {}
    for name, (start, size) in zip(attributes["names"], places, strict=True):
        chunk = files["Rdata.rdb"][start : start + size]
        # the first four bytes are the length before compression
        novels[name] = RReader(zlib.decompress(chunk[4:])).read()
    return novels


def is_verse(block):
    """Indented, and each line starts afresh (wrapped prose would not)."""
    firsts = [line.lstrip(" \"'(_")[:1] for line in block]
    return all(
        line.startswith("  ") and first.isupper()
        for line, first in zip(block, firsts, strict=True)
    )


def unwrap(lines):
    """The printed lines of a novel as paragraphs with empty lines between."""
    paragraphs = []
    for has_text, block in groupby(lines, lambda line: line.strip() != ""):
        if not has_text:
            continue
        block = list(block)
        separator = "\n" if is_verse(block) else " "
        text = separator.join(" ".join(line.split()) for line in block)
        if text.startswith("A NOTE ON THE TEXT"):
            break  # an editor's, and the last of its novel
        if not text.startswith(EDITORS_NOTES):
            paragraphs.append(text)
    return "\n\n".join(paragraphs)


def main(deb, target):
    novels = lines_of_novels(Path(deb))
    text = "\n\n\n".join(unwrap(novels[name]) for name in NOVELS) + "\n"
    target.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    print(f"{target.name}: {len(text):,} characters")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1], Path(__file__).with_name("austen.txt.gz"))
