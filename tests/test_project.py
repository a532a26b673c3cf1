"""Promises of the front page: its commands are the ones that CI runs, its
pins fit the ranges, and nothing in the repository is of one machine."""

import importlib.metadata
import re
import subprocess
import sys
import tomllib
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
README = (ROOT / "README.md").read_text("utf-8")


def tracked_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return [ROOT / n for n in listed.split("\0") if n and (ROOT / n).exists()]


def commands_in(markdown: str) -> list[str]:
    """The lines of a page's shell blocks."""
    blocks = re.findall(r"```(?:bash|sh|shell)\n(.*?)```", markdown, re.S)
    lines = [line for block in blocks for line in block.splitlines()]
    return [line.split("#")[0].strip() for line in lines if line.strip()]


def course_commands() -> set[str]:
    listing = subprocess.run(
        [sys.executable, "course.py", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return set(re.findall(r"^  ([a-z-]+) {2,}\S", listing, re.M))


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_every_make_command_of_the_pages_exists(page):
    text = (ROOT / page).read_text("utf-8")
    targets = set(
        re.findall(r"TARGETS = (.*)", (ROOT / "Makefile").read_text())[
            0
        ].split()
    )
    used = set(
        re.findall(r"\bmake ([a-z]+)\b(?=[`\s])", "\n".join(commands_in(text)))
    )
    assert used
    assert used <= targets
    assert targets <= course_commands()


def test_ci_runs_the_readme_commands():
    assert {"make demo", "make test"} <= set(commands_in(README))
    assert (ROOT / ".ci" / "run").read_text().rstrip().endswith("make test")
    workflow = (ROOT / ".github" / "workflows" / "cpu.yml").read_text()
    assert ".ci/run" in workflow


def pins() -> dict[str, Requirement]:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    found = [Requirement(x) for x in lines if x and not x.startswith("#")]
    return {canonicalize_name(r.name): r for r in found}


def test_every_requirement_is_pinned():
    for requirement in pins().values():
        assert str(requirement.specifier).startswith("=="), requirement


def test_pins_fit_the_ranges_of_pyproject():
    extras = PROJECT["project"]["optional-dependencies"].values()
    ranges = [*PROJECT["project"]["dependencies"], *chain(*extras)]
    for text in ranges:
        wanted = Requirement(text)
        pin = pins()[canonicalize_name(wanted.name)]
        version = str(pin.specifier).removeprefix("==")
        assert version in wanted.specifier, f"{pin} is not in {wanted}"


def test_what_is_installed_is_what_is_pinned():
    for name, pin in pins().items():
        if pin.marker and not pin.marker.evaluate():
            continue
        installed = importlib.metadata.version(name).split("+")[0]
        assert installed in pin.specifier, f"{name} {installed}, not {pin}"


FOREIGN = re.compile(
    r"""/(?:work|farm|root|home)/[a-z]            # a path of one machine
    | \.\./shared | bash_jobs
    | (?:pypi|registry|deb|download)\.[a-z.]+\.(?:org|com|net)  # a registry
    | (?:AKIA|ghp_|github_pat_)[A-Za-z0-9_]{10}   # a secret
    | -----BEGIN\ [A-Z ]*PRIVATE\ KEY """,
    re.X,
)
ITSELF = {Path(__file__).resolve()}


def test_nothing_is_of_one_machine():
    for path in tracked_files():
        if path in ITSELF or path.suffix in (".gz", ".png", ".safetensors"):
            continue
        found = FOREIGN.search(path.read_text("utf-8", errors="replace"))
        assert not found, f"{path.relative_to(ROOT)}: {found[0]}"


@pytest.mark.parametrize(
    "text",
    [
        "open('/work/main/x')",
        "see ../shared/design",
        "https://pypi.python.org",
    ],
)
def test_a_foreign_thing_is_caught(text):
    assert FOREIGN.search(text)


UNSAFE = re.compile(
    r"pickle\.loads?\((?!pickle\.dumps\()|allow_pickle=True|torch\.load\((?![^)]*weights_only=True)"
)


def test_nothing_is_unpickled():
    for path in tracked_files():
        if path.suffix in (".py", ".ipynb") and path not in ITSELF:
            found = UNSAFE.search(path.read_text("utf-8"))
            assert not found, f"{path.relative_to(ROOT)}: {found[0]}"


def test_an_unsafe_load_is_caught():
    assert UNSAFE.search("torch.load(path)")
    assert not UNSAFE.search("torch.load(path, weights_only=True)")


def test_large_files_are_in_the_data_ledger():
    ledger = (ROOT / "book" / "data" / "README.md").read_text("utf-8")
    for path in tracked_files():
        if path.stat().st_size > 1_000_000:
            assert path.name in ledger, path


def test_a_missing_browser_is_said_in_one_line(tmp_path):
    code = "import course; course.browser()"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PATH": str(tmp_path), "SCRATCHLM_CHROMIUM": "no-such-program"},
        capture_output=True,
        text=True,
    )
    assert "SCRATCHLM_CHROMIUM names no-such-program" in done.stderr


def test_a_wrong_python_is_refused_with_the_remedy(monkeypatch):
    sys.path.insert(0, str(ROOT))
    import course

    monkeypatch.setattr(course.sys, "version_info", (3, 10, 1))
    with pytest.raises(course.Stop, match=r"3\.10\.1 .* 3\.11 to 3\.13"):
        course.set_up()
