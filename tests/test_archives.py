"""Archives from strangers: a bad member is refused alone, a bad archive
whole, each with its reason; what is read is what was put in."""

import io
import stat
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scratchgrade import archives
from scratchgrade.archives import open_archive
from scratchgrade.intake import MAX_BYTES, Refused

DEFLATED = zipfile.ZIP_DEFLATED


def archive(tmp_path: Path, *members, method=DEFLATED) -> Path:
    """A zip of (name or ZipInfo, bytes)."""
    path = tmp_path / "class.zip"
    with zipfile.ZipFile(path, "w", method) as file:
        for name, data in members:
            file.writestr(name, data)
    return path


def refusals(path: Path) -> dict[str, str]:
    with open_archive(path) as found:
        return {m.name: m.refused for m in found.members}


@settings(max_examples=25, deadline=None)
@given(
    st.dictionaries(
        st.from_regex(r"[a-z]{1,8}(/[a-z]{1,8}){0,2}\.ipynb", fullmatch=True),
        st.binary(max_size=2000).map(lambda data: b"{" + data),
        max_size=5,
    )
)
def test_what_comes_out_is_what_went_in(tmp_path_factory, files):
    path = archive(tmp_path_factory.mktemp("zip"), *files.items())
    with open_archive(path) as found:
        assert {m.name: found.read(m) for m in found.members} == files


def test_nothing_is_written_to_disk(tmp_path):
    path = archive(tmp_path, ("a/b.ipynb", b"{}"), ("../c.ipynb", b"{}"))
    with open_archive(path) as found:
        found.read(found.members[0])
    assert [p.name for p in tmp_path.rglob("*")] == ["class.zip"]


# --- one member ------------------------------------------------------------


def unix(name: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, mode << 16
    return info


BAD = [
    ("../a.ipynb", "out of the archive"),
    ("a/../../b.ipynb", "out of the archive"),
    ("a//b.ipynb", "out of the archive"),
    ("./a.ipynb", "out of the archive"),
    ("/etc/a.ipynb", "absolute"),
    ("C:/a.ipynb", "absolute"),
    ("a\\b.ipynb", "Windows"),
    ("con.ipynb", "device"),
    ("a/NUL", "device"),
    ("a/com1.ipynb", "device"),
    ("a\nb.ipynb", "control"),
    ("a\x1b[31m.ipynb", "control"),
    ("ada\u202ebnyp.ipynb", "control"),
    ("a\u200bb.ipynb", "control"),
    ("a" * 600, "too long"),
    ("/".join("abcdefghijk"), "too deep"),
    ("work.zip", "archive itself"),
    ("work.tar.gz", "archive itself"),
]


@pytest.mark.parametrize(("name", "says"), BAD)
def test_a_bad_name_is_refused_alone(tmp_path, name, says):
    path = archive(tmp_path, ("good.ipynb", b"{}"), (name, b"{}"))
    found = refusals(path)
    assert found.pop("good.ipynb") == ""
    ((_, reason),) = found.items()
    assert says in reason
    assert reason.isprintable()
    assert len(reason) < 250


def test_a_member_without_a_name_is_refused_alone(tmp_path):
    """Found by fuzzing: zipfile itself looks at the last letter."""
    info = zipfile.ZipInfo("")
    path = archive(tmp_path, ("good.ipynb", b"{}"), (info, b"{}"))
    found = refusals(path)
    assert found.pop("good.ipynb") == ""
    assert "out of the archive" in found[""]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("ada.ipynb", "ADA.ipynb"),
        ("straße.ipynb", "STRASSE.ipynb"),
        ("e\u0301.ipynb", "\u00e9.ipynb"),
    ],
)
def test_names_that_some_systems_take_for_one_are_both_refused(
    tmp_path, first, second
):
    path = archive(tmp_path, (first, b"1"), (second, b"2"), ("bob", b"3"))
    found = refusals(path)
    assert found.pop("bob") == ""
    assert all("more than once" in reason for reason in found.values())
    assert len(found) == 2


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_stands_there_twice_is_refused(tmp_path):
    path = archive(tmp_path, ("a.ipynb", b"1"), ("a.ipynb", b"2"))
    with open_archive(path) as found:
        for member in found.members:
            with pytest.raises(Refused, match="more than once"):
                found.read(member)


@pytest.mark.parametrize(
    "kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFSOCK]
)
def test_links_and_devices_are_refused(tmp_path, kind):
    path = archive(tmp_path, (unix("a.ipynb", kind | 0o777), b"/etc/passwd"))
    assert "link or a device" in refusals(path)["a.ipynb"]


def test_a_zip_bomb_is_refused_before_it_is_read(tmp_path):
    path = archive(tmp_path, ("a.ipynb", b" " * (MAX_BYTES - 1)))
    assert path.stat().st_size < 20_000
    assert "zip bomb" in refusals(path)["a.ipynb"]


def test_a_member_may_be_as_large_as_a_submission(tmp_path):
    stored = zipfile.ZIP_STORED
    path = archive(tmp_path, ("a", b"x" * (MAX_BYTES + 1)), method=stored)
    assert "larger than 10 MB" in refusals(path)["a"]
    path = archive(tmp_path, ("a", b"x" * MAX_BYTES), method=stored)
    assert refusals(path) == {"a": ""}


def patched(path: Path, old: bytes, new: bytes, which: bytes) -> None:
    """Change bytes of a header that begins with `which`."""
    data = path.read_bytes()
    at = data.index(old, data.index(which))
    path.write_bytes(data[:at] + new + data[at + len(old) :])


def test_a_member_that_lies_about_its_size_is_refused(tmp_path):
    path = archive(tmp_path, ("a.ipynb", b"y" * 5000))
    size = struct.pack("<L", 5000)
    patched(path, size, struct.pack("<L", 50), b"PK\x01\x02")
    with open_archive(path) as found, pytest.raises(Refused, match="damaged"):
        found.read(found.members[0])


def test_damaged_bytes_are_refused(tmp_path):
    path = archive(tmp_path, ("a", b"z" * 50), method=zipfile.ZIP_STORED)
    patched(path, b"zzz", b"zzx", b"PK\x03\x04")
    with open_archive(path) as found, pytest.raises(Refused, match="damaged"):
        found.read(found.members[0])


def test_an_encrypted_member_is_refused(tmp_path):
    path = archive(tmp_path, ("a.ipynb", b"{}"))
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(bytes(data))
    assert "encrypted" in refusals(path)["a.ipynb"]


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_packings_that_no_one_uses_are_refused(tmp_path, method):
    path = archive(tmp_path, ("a.ipynb", b"{}" * 90), method=method)
    assert "not read here" in refusals(path)["a.ipynb"]


def test_an_archive_under_another_name_is_refused(tmp_path):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as file:
        file.writestr("x", b"y")
    path = archive(tmp_path, ("a.ipynb", inner.getvalue()))
    with open_archive(path) as found, pytest.raises(Refused, match="itself"):
        found.read(found.members[0])


def test_what_programs_add_on_their_own_is_passed_over(tmp_path):
    names = ("__MACOSX/._a.ipynb", "a/.DS_Store", "a.ipynb")
    path = archive(tmp_path, *((name, b"{}") for name in names))
    assert refusals(path) == {"a.ipynb": ""}


# --- the whole archive -----------------------------------------------------


@pytest.mark.parametrize("data", [b"", b"PK", b"no zip", b"PK\x05\x06" * 9])
def test_what_is_no_archive_is_refused(tmp_path, data):
    path = tmp_path / "class.zip"
    path.write_bytes(data)
    with pytest.raises(Refused, match="no whole zip archive"):
        refusals(path)


def test_a_cut_archive_is_refused(tmp_path):
    path = archive(tmp_path, ("a.ipynb", b"{}" * 999))
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(Refused, match="download it again"):
        refusals(path)


def test_too_many_members_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MAX_MEMBERS", 2)
    assert len(refusals(archive(tmp_path, ("a", b""), ("b", b"")))) == 2
    path = archive(tmp_path, ("a", b""), ("b", b""), ("c", b""))
    with pytest.raises(Refused, match="has 3 members; at most 2"):
        refusals(path)


def test_too_much_in_all_is_refused(tmp_path):
    path = archive(tmp_path, *((f"m{i}", b"") for i in range(3)))
    data = path.read_bytes()
    for i in range(3):  # claims of 4 GB each in the table of contents
        at = data.index(b"PK\x01\x02")
        for _ in range(i):
            at = data.index(b"PK\x01\x02", at + 1)
        data = data[: at + 24] + b"\xf0\xff\xff\xff" + data[at + 28 :]
    path.write_bytes(data)
    with pytest.raises(Refused, match=r"unpacks to 12\.0 GB"):
        refusals(path)


def test_members_that_share_their_bytes_are_refused(tmp_path):
    """The bomb that is no nest: many names for one stretch of bytes."""
    path = archive(tmp_path, ("a", b"x" * 999), ("b", b"x" * 999))
    data = path.read_bytes()
    second = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 1)
    path.write_bytes(
        data[: second + 42] + struct.pack("<L", 0) + data[second + 46 :]
    )
    with pytest.raises(Refused, match="share their bytes"):
        refusals(path)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_broken_archive_raises_nothing_but_refused(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("zip")
    members = [("a.ipynb", b"{}" * 99), ("b/c.ipynb", b"[1]")]
    path = archive(folder, *members)
    raw = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(
            st.integers(0, 255)
        )
    path.write_bytes(bytes(raw))
    try:
        with open_archive(path) as found:
            for member in found.members:
                try:
                    found.read(member)
                except Refused:
                    continue
    except Refused:
        pass
