"""Zip archives from strangers: looked at whole, then read one by one.

Nothing is written to disk here, and no path is built from a name inside. What
makes the archive as a whole untrustworthy refuses all of it; a member that
cannot be taken is refused alone, with a reason, so that no student can keep
the others from being collected.
"""

import stat
import unicodedata
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

from scratchgrade.intake import DEVICES, MAX_BYTES, Refused

MAX_MEMBERS = 50_000
MAX_TOTAL = 8 << 30  # bytes of all members unpacked
MAX_RATIO = 200  # a notebook shrinks to a tenth, deflate to a thousandth
FREE = 100_000  # bytes that may be unpacked whatever the ratio
MAX_NAME = 512
MAX_PARTS = 8
METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
# What a file begins with that is an archive itself.
MAGIC = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"7z\xbc\xaf\x27\x1c")
MAGIC += (b"Rar!\x1a\x07", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd")
ENDINGS = (".zip", ".gz", ".tgz", ".tar", ".7z", ".rar", ".bz2", ".xz", ".zst")
# Files that programs add to archives on their own.
LITTER = ("__MACOSX/", ".DS_Store", "desktop.ini", "Thumbs.db")


@dataclass(frozen=True)
class Member:
    """A file in an archive.

    Attributes:
        name: as it stands in the archive, parts joined by "/".
        time: when it was changed last, as the archive claims, without a zone;
            None where the claim is no date.
        refused: why it cannot be taken, or "".
    """

    name: str
    time: datetime | None
    refused: str
    _info: zipfile.ZipInfo


class Archive:
    """An open zip archive that as a whole may be read."""

    def __init__(self, file: zipfile.ZipFile, members: list[Member]):
        self._file, self.members = file, members

    def read(self, member: Member) -> bytes:
        """The bytes of a member.

        Raises:
            Refused: if it may not be read, is larger than a submission may
                be or than the archive says, is damaged, or is an archive.
        """
        if member.refused:
            raise Refused(member.refused)
        try:
            with self._file.open(member._info) as file:
                data = file.read(MAX_BYTES + 1)
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            OSError,
            NotImplementedError,
            RuntimeError,
            UnicodeError,
        ) as error:
            raise Refused(
                f"{_shown(member.name)} is damaged in the archive ({error})"
            ) from None
        if len(data) > MAX_BYTES:
            raise Refused(_too_large(member._info))
        if data.startswith(MAGIC):
            raise Refused(_nested(member.name))
        return data


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """Open a zip archive after looking at its table of contents.

    Raises:
        Refused: if it is no zip archive, is damaged, has too many members or
            unpacks to too much, or if two members share their bytes.
    """
    with open(path, "rb") as raw:
        try:
            file = zipfile.ZipFile(raw)
        except (
            zipfile.BadZipFile,
            NotImplementedError,
            OSError,
            ValueError,
        ) as error:
            raise Refused(
                f"{path.name} is no whole zip archive ({error}); download it "
                "again"
            ) from None
        with file:
            infos = file.infolist()
            _look_at_all(path.name, infos, raw)
            yield Archive(file, _members(infos))


def _look_at_all(
    name: str, infos: list[zipfile.ZipInfo], raw: BinaryIO
) -> None:
    if len(infos) > MAX_MEMBERS:
        raise Refused(
            f"{name} has {len(infos):,} members; at most {MAX_MEMBERS:,} are "
            "read"
        )
    total = sum(info.file_size for info in infos)
    if total > MAX_TOTAL:
        raise Refused(
            f"{name} unpacks to {total / 2**30:,.1f} GB; at most "
            f"{MAX_TOTAL >> 30} GB are read"
        )
    end = raw.seek(0, 2)
    spans = sorted((i.header_offset, i.compress_size) for i in infos)
    for (start, size), (next_start, _) in pairwise([*spans, (end, 0)]):
        if start < 0 or start + 30 + size > next_start:
            raise Refused(
                f"{name} has members that share their bytes: no program "
                "makes such an archive but to harm"
            )


def _members(infos: list[zipfile.ZipInfo]) -> list[Member]:
    """The files among the members, those that cannot be taken marked."""
    files = [
        info
        for info in infos
        if not info.filename.endswith("/") and not _litter(info.filename)
    ]
    same = Counter(_folded(info.filename) for info in files)
    found = []
    for info in files:
        reason = _bad_name(info) or _bad_content(info)
        if not reason and same[_folded(info.filename)] > 1:
            reason = (
                f"{_shown(info.filename)} stands in the archive more than "
                "once, or another name differs only in the case of letters"
            )
        found.append(Member(info.filename, _time(info), reason, info))
    return found


def _litter(name: str) -> bool:
    return name.startswith(LITTER[0]) or name.rpartition("/")[2] in LITTER


def _folded(name: str) -> str:
    """What file systems that ignore case take for the same name."""
    return unicodedata.normalize("NFKC", name).casefold()


def _bad_name(info: zipfile.ZipInfo) -> str:
    name, shown = info.filename, _shown(info.filename)
    parts = name.split("/")
    if info.orig_filename != name:
        return f"{shown} hides a second name behind a NUL character"
    if any(unicodedata.category(c)[0] == "C" for c in name):
        return f"{shown} has control characters, or marks that reorder text"
    if len(name) > MAX_NAME or len(parts) > MAX_PARTS:
        return f"{shown} is too long or too deep a name"
    if name.startswith("/") or "\\" in name or name[1:2] == ":":
        return f"{shown} is an absolute path, or one of Windows"
    if any(part in ("", ".", "..") for part in parts):
        return f"{shown} leads out of the archive"
    if any(_device(part) for part in parts):
        return f"{shown} is the name of a device"
    return ""


def _device(part: str) -> bool:
    return part.partition(".")[0].rstrip(" ").casefold() in DEVICES


def _bad_content(info: zipfile.ZipInfo) -> str:
    shown = _shown(info.filename)
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        return f"{shown} is a link or a device, not a file"
    if info.flag_bits & 0x1:
        return f"{shown} is encrypted; hand it in without a password"
    if info.compress_type not in METHODS:
        return f"{shown} is packed in a way that is not read here"
    if info.file_size > MAX_BYTES:
        return _too_large(info)
    if info.file_size > max(FREE, MAX_RATIO * info.compress_size):
        return (
            f"{shown} unpacks to {info.file_size:,} bytes from "
            f"{info.compress_size:,}: a zip bomb"
        )
    if info.filename.lower().endswith(ENDINGS):
        return _nested(info.filename)
    return ""


def _too_large(info: zipfile.ZipInfo) -> str:
    return (
        f"{_shown(info.filename)} is larger than {MAX_BYTES >> 20} MB; clear "
        "the outputs of the notebook and hand it in again"
    )


def _nested(name: str) -> str:
    return f"{_shown(name)} is an archive itself; hand in the notebook alone"


def _shown(name: str) -> str:
    """A name for a message: short, and nothing in it unseen."""
    return ascii(name if len(name) <= 80 else name[:77] + "...")


def _time(info: zipfile.ZipInfo) -> datetime | None:
    try:
        return datetime(*info.date_time)
    except ValueError:
        return None
