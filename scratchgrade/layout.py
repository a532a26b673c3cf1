"""What is in the box: the files, the variables, the names they have there.

Everything is found from the Python that runs this. Inside, nothing has the
place that it has outside, except the system's libraries (and a Python that
belongs to the system): a path tells who you are and where the course lies.
"""

import contextlib
import functools
import glob
import importlib.util
import os
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
GRADER = "/scratchgrade"  # of the box; holds these files alone:
FILES = ("template.py", "worker.py", "frames.py", "protocol.py", "orders.py")
FILES += ("arguments.py", "counting.py")  # of orders.py
COURSE_PACKAGES = ("scratchlm", "scratchlm.shipped")
LIBRARIES = ("/usr/lib", "/usr/lib32", "/usr/lib64", "/lib", "/lib64")
# Without zero: mapping it gives memory that no count shows.
DEVICES = ("null", "full", "random", "urandom")


@dataclass(frozen=True)
class Layout:
    """The files of the box.

    Attributes:
        mounts: pairs (where it is here, where it is in the box), read-only.
        hidden: folders of the box that are covered by empty ones.
        path: where Python finds packages in the box.
        packages: folder of each package of the course in the box.
        python: the interpreter in the box.
    """

    mounts: tuple[tuple[str, str], ...]
    hidden: tuple[str, ...]
    path: tuple[str, ...]
    packages: dict[str, str]
    python: str


def course_packages() -> dict[str, str]:
    """Where the course's library is on this machine."""
    found = {}
    for name in COURSE_PACKAGES:
        with contextlib.suppress(ModuleNotFoundError):
            spec = importlib.util.find_spec(name)
            if spec and spec.submodule_search_locations:
                found[name] = spec.submodule_search_locations[0]
    return found


@functools.cache
def layout() -> Layout:
    """The layout for the Python that runs this."""
    mounts = [(p, p) for p in LIBRARIES if os.path.isdir(p)]
    mounts += [("/etc/ld.so.cache",) * 2] * os.path.exists("/etc/ld.so.cache")
    prefix, python = sys.base_prefix, os.path.realpath(sys.executable)
    home = prefix if prefix == "/usr" else "/python"
    inside = f"{home}/bin/{os.path.basename(python)}"
    mounts.append((python, inside))
    if home == "/python":
        mounts += [
            (f"{prefix}/{name}", f"{home}/{name}")
            for name in ("lib", "lib64")
            if os.path.isdir(f"{prefix}/{name}")
        ]
    hidden = [
        home + folder.removeprefix(prefix)
        for folder in glob.glob(f"{prefix}/lib*/python3*/*-packages")
    ]
    path = []
    for folder in _package_folders():
        name = f"/site-packages-{len(path)}"
        path.append(name)
        mounts.append((folder, name))
        hidden += [f"{name}/{own}" for own in _ours(folder)]
    packages = {}
    for name, folder in course_packages().items():
        packages[name] = f"/course/{name}"
        mounts.append((folder, packages[name]))
    mounts += [(str(HERE / name), f"{GRADER}/{name}") for name in FILES]
    return Layout(tuple(mounts), tuple(hidden), tuple(path), packages, inside)


def _package_folders() -> list[str]:
    """Folders of installed packages, of this Python and environment."""
    found = [
        p
        for p in map(os.path.realpath, sys.path)
        if p.endswith("-packages") and os.path.isdir(p)
    ]
    return list(dict.fromkeys(found))


def _ours(folder: str) -> list[str]:
    """What would show the grader, or where the course lies."""
    return [
        name
        for name in os.listdir(folder)
        if name in ("scratchgrade", "solutions")
        or name.startswith(("scratchlm-", "__editable__"))
    ]


def environment(home: str) -> dict[str, str]:
    """All of the environment that student code sees."""
    env = {
        "HOME": home,
        "TMPDIR": home,
        "TEMP": home,
        "TMP": home,
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "PYTHONUTF8": "1",
        "PYTHONHASHSEED": "0",  # sets iterate in the same order each time
        "MPLBACKEND": "agg",
    }
    env |= {
        f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")
    }
    if "SYSTEMROOT" in os.environ:  # Windows starts nothing without it
        env["SYSTEMROOT"] = os.environ["SYSTEMROOT"]
    return env
