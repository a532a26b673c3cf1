"""What two machines must have alike to grade alike; read in a container too.

It imports nothing of ours: relay.py takes it along into a container.
"""

import hashlib
import importlib.metadata
import platform
from collections.abc import Iterable
from pathlib import Path


def facts(
    names: Iterable[str], packages: dict[str, str], ours: Iterable[str]
) -> dict[str, str]:
    """Versions of Python and of packages, and hashes of our own code.

    Args:
        names: distributions, such as "torch".
        packages: folders of the course's packages, by name.
        ours: files of the grader.
    """
    found = {"Python": ".".join(platform.python_version_tuple()[:2])}
    for name in names:
        try:
            version = importlib.metadata.version(name)
            found[name] = version.partition("+")[0]  # "+cpu" is the same code
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not installed"
    for name, folder in packages.items():
        found[name] = _hash(sorted(Path(folder).rglob("*.py")))
    found["the grader's own files"] = _hash(sorted(map(Path, ours)))
    return found


def _hash(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.name}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:12]


def differences(there: dict[str, str], here: dict[str, str]) -> str:
    """Both values of all that differs, in words; "" if nothing does."""
    return ", ".join(
        f"{name} is {there.get(name, 'unknown')} there, {value} here"
        for name, value in here.items()
        if there.get(name) != value
    )
