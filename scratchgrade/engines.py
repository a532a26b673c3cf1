"""Docker or Podman: found, asked, and what its complaints mean."""

import functools
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from scratchgrade.limits import NoBox

PODMAN, DOCKER = "podman", "docker"
CHOICE = "SCRATCHGRADE_ENGINE"  # a variable: the one to take, of two
# Only an engine that answers has a version of its server.
ASK = ("version", "--format", "{{.Server.Version}}")
PATIENCE = 30  # seconds for an answer of the engine itself


@dataclass(frozen=True)
class Engine:
    """A container engine that answers.

    Attributes:
        program: where it is.
        name: "podman" or "docker".
        version: as it says itself.
    """

    program: str
    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name} {self.version}"

    def run(
        self, *arguments: str, stdin: bytes = b""
    ) -> subprocess.CompletedProcess:
        """Run one of its commands; never longer than `PATIENCE`."""
        return _run([self.program, *arguments], stdin)


def _run(command: list[str], stdin: bytes) -> subprocess.CompletedProcess:
    try:
        return subprocess.run(
            command,
            input=stdin,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(
            command, 1, b"", f"{error}".encode()
        )


@functools.cache
def find_engine() -> Engine:
    """The first engine that answers, Podman before Docker.

    Raises:
        NoBox: if none does; it says what each of them said.
    """
    said = []
    chosen = os.environ.get(CHOICE)
    for name in [chosen] if chosen else [PODMAN, DOCKER]:
        program = shutil.which(name)
        if not program:
            said.append(f"{name} is not installed")
            continue
        done = _run([program, *ASK], b"")
        version = done.stdout.decode("utf-8", "replace").strip()
        if done.returncode == 0 and version:
            return Engine(program, name, version)
        said.append(f"{name} does not answer ({_last_line(done.stderr)})")
    raise NoBox(
        "a container engine",
        "; ".join(said),
        "install Podman or Docker, and start it; `podman version` or `docker "
        "version` must answer for the user who grades",
    )


def _last_line(said: bytes) -> str:
    lines = said.decode("utf-8", "replace").strip().splitlines()
    return lines[-1][:300] if lines else "it said nothing"


# --- why there is none -----------------------------------------------------

KNOWN: Sequence[tuple[str, str]] = (
    (
        "hybrid mode not supported",
        "install runc, and name it in /etc/containers/containers.conf: "
        '[engine] runtime = "runc"',
    ),
    (
        "resource limits",
        "boot with control groups of version 2, or run the engine as root: "
        "without them nothing holds the memory of a container",
    ),
    (
        "subuid",
        "give the user who grades a range of user numbers: sudo usermod "
        "--add-subuids 100000-165535 --add-subgids 100000-165535 $USER",
    ),
    (
        "Mounts denied",
        "let the engine share the folders of Python and of the course (Docker "
        "Desktop: Settings, Resources, File sharing)",
    ),
)


def explain(engine: Engine, said: str) -> NoBox:
    """The error for what an engine, or the template in it, said."""
    said = said.strip()[-1000:] or "it said nothing"
    mend = next(
        (mend for words, mend in KNOWN if words in said),
        f"run `{engine.name} info`, which shows what this engine has; "
        "`scratchgrade doctor --box container` tries it again",
    )
    return NoBox(f"a container that starts ({engine})", said, mend)
