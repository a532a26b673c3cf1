"""The texts of the course: shipped with it, checked when they are loaded.

Where each file comes from is told in the data ledger, book/data/README.md.
"""

import gzip
import hashlib
import json
import re
from importlib import resources

AUSTEN_TITLES = (  # in the order of publication, as in the file
    "Sense and Sensibility",
    "Pride and Prejudice",
    "Mansfield Park",
    "Emma",
    "Northanger Abbey",
    "Persuasion",
)
AUSTEN_SHA256 = (
    "28d1fff4e2b7ca5c3550cfccfadea2d6a61204706ceec039716d187c3c9de679"
)
# Inside a novel one empty line separates paragraphs; two separate novels.
NOVEL_SEPARATOR = "\n\n\n"


def read_checked(path, sha256):
    """The bytes of `path`, after a look at their SHA-256.

    Raises ValueError when the file is not the one that the course shipped:
    every number in the chapters was computed from that one.
    """
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise ValueError(
            f"{path} is damaged or was changed: its SHA-256 is {found}, "
            f"expected {sha256}. Restore the file from the course's "
            "repository or install scratchlm again."
        )
    return content


def load_austen(title=None):
    """Jane Austen's six novels, or one of them by its title.

    Paragraphs are separated by one empty line, the novels by two; each novel
    begins with its title in a line of its own. About 4.0 million characters
    in all; a title is one of AUSTEN_TITLES.

    Raises ValueError for another title or when the file is not as shipped.
    """
    if title is not None and title not in AUSTEN_TITLES:
        raise ValueError(
            f"no novel is called {title!r}; choose one of {AUSTEN_TITLES}"
        )
    path = resources.files("scratchlm.shipped") / "austen.txt.gz"
    text = gzip.decompress(read_checked(path, AUSTEN_SHA256)).decode()
    if title is None:
        return text
    novels = text.rstrip().split(NOVEL_SEPARATOR)
    return novels[AUSTEN_TITLES.index(title)] + "\n"


def load_passages():
    """One short passage in several languages: {language: text}.

    Written and translated for this course, to compare how many tokens the
    same content takes in different languages.
    """
    path = resources.files("scratchlm.shipped") / "fertility.json"
    passages = json.loads(path.read_text(encoding="utf-8"))["passages"]
    return {language: entry["text"] for language, entry in passages.items()}


def load_austen_chapters():
    """The novels as documents: a list of 269 chapters, headings included.

    Volume headings and title pages stand at the beginning of the chapter
    that follows them. Errors as in `load_austen`.
    """
    heading = re.compile(r"^chapter [ivxl\d]+\.?$", re.M | re.I)
    chapters = []
    for title in AUSTEN_TITLES:
        novel = load_austen(title)
        starts = [match.start() for match in heading.finditer(novel)]
        ends = [*starts[1:], len(novel)]
        starts[0] = 0
        chapters += [
            novel[start:end].strip()
            for start, end in zip(starts, ends, strict=True)
        ]
    return chapters
