"""What an instructor's machine has for grading, and what it lacks."""

import importlib.metadata
import os
import platform
import subprocess
from collections.abc import Callable
from dataclasses import asdict, dataclass

from scratchgrade import choice, engines, launch, probes
from scratchgrade.limits import NoBox
from scratchgrade.probes import Result

# What to do where a wall does not hold although bubblewrap starts.
KERNEL = "use a newer kernel (5.10 or later), or another machine"
MENDS = {
    "sockets": "install libseccomp (sudo apt-get install libseccomp2)",
    "syscalls": "install libseccomp (sudo apt-get install libseccomp2)",
    "limits": "look for a service manager or container that resets limits",
    "watchdog": "nothing else may hold this machine's processors for seconds; "
    "try again when it is idle",
    "shield": f"{KERNEL}; root inside a user namespace that holds no other "
    "user cannot become one: start the grader outside it",
    "files": "look whether bubblewrap is a wrapper of another program: "
    "`type -a bwrap`",
}


@dataclass(frozen=True)
class Finding:
    """What the doctor found.

    Attributes:
        versions: of what grading depends on, by name.
        results: of the probes; empty if the box does not start.
        missing, why, mend: of the box, "" if it starts.
    """

    versions: dict[str, str]
    results: tuple[Result, ...]
    missing: str = ""
    why: str = ""
    mend: str = ""

    @property
    def healthy(self) -> bool:
        return not self.missing and all(r.holds for r in self.results)

    def as_dict(self) -> dict:
        """For `--json`."""
        return asdict(self) | {"healthy": self.healthy}


def mend_of(result: Result) -> str:
    """What to do about a wall that does not hold, "" if it does."""
    return "" if result.holds else MENDS.get(result.wall, KERNEL)


def examine(
    told: Callable[[Result], None] = lambda result: None,
    box: str = choice.AUTO,
) -> Finding:
    """Look at versions, then try every wall of a kind of box."""
    found = versions()
    try:
        kind, why = choice.choose(box)
        found["box"] = f"{kind} (bubblewrap: {why})" if why else kind
        results = probes.run(told=told, box=kind)
    except NoBox as lacking:
        return Finding(found, (), lacking.missing, lacking.why, lacking.mend)
    return Finding(found, tuple(results))


def versions() -> dict[str, str]:
    """Of the system and the programs that grading stands on."""
    found = {
        "system": f"{platform.system()} {platform.release()}",
        "processors": f"{os.cpu_count()} ({platform.machine()})",
        "user": "root" if _is_root() else "a plain user",
        "Python": platform.python_version(),
    }
    found["bubblewrap"] = _bubblewrap()
    for name in ("pyseccomp", "torch", "nbgrader"):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not installed"
    found["containers"] = _containers()
    return found


def _containers() -> str:
    try:
        return str(engines.find_engine())
    except NoBox as lacking:
        return f"no engine: {lacking.why}"


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _bubblewrap() -> str:
    try:
        program = launch.find_bwrap()
    except NoBox as lacking:
        return f"not found: {lacking.why}"
    said = subprocess.run(
        [program, "--version"], capture_output=True, text=True, check=False
    )
    return said.stdout.strip().removeprefix("bubblewrap ")
