"""What a container of the box is: its image, its files, its options."""

import hashlib
import io
import json
import os
import platform
import sys
import tarfile
from dataclasses import dataclass

from scratchgrade import layout, seccomp_profile
from scratchgrade.engines import DOCKER, PODMAN, Engine, explain
from scratchgrade.launch import _environment
from scratchgrade.limits import Limits, NoBox
from scratchgrade.walls import Walls

IMAGE = "scratchlm-box"
LABEL = "scratchlm-box"  # its value names this machine
BUILT = f"{IMAGE}:built"  # from instructor/containers/Containerfile
BUILD = f"build -t {BUILT} -f instructor/containers/Containerfile ."
FILES = (*layout.FILES, "relay.py", "facts.py", "pieces.py", "usage.py")
# Users of the box, one a container: a limit on processes counts a user's.
FIRST_USER, N_USERS = 61_000, 1_000
SPARE = 16  # threads of the engine, while it starts the first process
# The kernel's limit lies above the watchdog's: at its own limit a container
# stands still while the kernel looks for memory, and the watchdog with it.
SPARE_BYTES = 512 << 20


@dataclass(frozen=True)
class Contents:
    """The files of a container, and where its Python finds packages.

    Attributes:
        image: its name.
        mounts: pairs (where it is here, where it is inside), read-only.
        hidden, path, packages, python: as in `layout.Layout`.
        built: whether the image brings libraries and Python, so that they
            may be others than here.
    """

    image: str
    mounts: tuple[tuple[str, str], ...]
    hidden: tuple[str, ...]
    path: tuple[str, ...]
    packages: dict[str, str]
    python: str
    built: bool


def contents(engine: Engine) -> Contents:
    """What containers of this machine hold.

    On Linux the image is almost empty, is made here, and what the box by
    bubblewrap holds is mounted into it: no image is fetched, and the versions
    are those of the grader. Elsewhere, Python has to come with an image.

    Raises:
        NoBox: if there is no image, or none can be made.
    """
    if sys.platform == "linux":
        return this_machine(engine)
    if engine.run("image", "inspect", BUILT).returncode:
        raise no_image(engine, f"the image {BUILT} does not exist")
    return of_image()


def no_image(engine: Engine, why: str) -> NoBox:
    return NoBox(
        "an image for containers",
        why,
        f"in the course's folder: {engine.name} {BUILD}",
    )


def of_image() -> Contents:
    """What the Containerfile puts where."""
    inside = {name: f"/course/{name}" for name in layout.COURSE_PACKAGES}
    path = ("/site-packages-0",)
    return Contents(BUILT, (), (), path, inside, "/python/bin/python3", True)


def this_machine(engine: Engine) -> Contents:
    """The layout of the other box, on an image that is made if need be."""
    found = layout.layout()
    links = {b: os.readlink(a) for a, b in found.mounts if _is_link(a, b)}
    mounts = [m for m in found.mounts if m[1] not in links]
    for name in FILES[len(layout.FILES) :]:
        mounts.append((str(layout.HERE / name), f"{layout.GRADER}/{name}"))
    image = make_image(engine, skeleton(links))
    return Contents(
        image,
        tuple(mounts),
        found.hidden,
        found.path,
        found.packages,
        found.python,
        False,
    )


def _is_link(here: str, inside: str) -> bool:
    return here == inside and os.path.islink(here)


def skeleton(links: dict[str, str]) -> bytes:
    """A tar of the empty folders and the links of a root; always the same."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        for name in ("dev", "etc", "proc", "run", "sys", "tmp", "usr"):
            entry = _entry(name, tarfile.DIRTYPE)
            if name == "tmp":  # what is mounted there takes this over
                entry.mode = 0o1777
            tar.addfile(entry)
        for inside, target in sorted(links.items()):
            entry = _entry(inside.lstrip("/"), tarfile.SYMTYPE)
            entry.linkname = target
            tar.addfile(entry)
        users = range(FIRST_USER, FIRST_USER + N_USERS)
        lines = [f"student:x:{n}:{n}::/tmp:/bin/false\n" for n in users]
        passwd = "".join(lines).encode()
        entry = _entry("etc/passwd", tarfile.REGTYPE)
        entry.mode, entry.size = 0o644, len(passwd)
        tar.addfile(entry, io.BytesIO(passwd))
    return data.getvalue()


def _entry(name: str, kind: bytes) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode = kind, 0o755
    return entry


def make_image(engine: Engine, root: bytes) -> str:
    """The name of an image with this root; made if it does not exist.

    Raises:
        NoBox: if the engine refuses.
    """
    name = f"{IMAGE}:{hashlib.sha256(root).hexdigest()[:12]}"
    if engine.run("image", "inspect", name).returncode:
        done = engine.run("import", "-", name, stdin=root)
        if done.returncode:
            raise explain(engine, done.stderr.decode("utf-8", "replace"))
    return name


# --- the command line ------------------------------------------------------


def arguments(
    engine: Engine,
    found: Contents,
    walls: Walls,
    limits: Limits,
    user: int,
    profile: str,
) -> list[str]:
    """The options of `run`, and what the container runs.

    Args:
        user: a number from `FIRST_USER` on.
        profile: the file that holds the seccomp profile.

    Raises:
        ValueError: if a wall is down that an engine cannot take down.
    """
    if not (walls.files and walls.devices and walls.processes):
        raise ValueError(
            "files, devices and processes of its own are what a container "
            "is: these walls stand whatever is asked"
        )
    args = ["--interactive", "--rm", "--pull", "never"]
    args += ["--log-driver", "none", "--label", f"{LABEL}={machine()}"]
    args += ["--read-only", "--workdir", "/"]
    args += ["--network", "none" if walls.network else "host"]
    if walls.names:
        args += ["--ipc", "none", "--hostname", "box"]
    else:
        args += ["--ipc", "host", "--uts", "host"]
    args += _rights(walls, user, profile)
    args += _limits(engine, walls, limits)
    for here, inside in found.mounts:
        args += _mount(here, inside)
    for inside in found.hidden:
        if inside.endswith((".py", ".pth")):
            args += _mount(os.devnull, inside)
        else:
            args += _empty(engine, inside, "ro,size=4k")
    if engine.name == PODMAN:
        args += ["--read-only-tmpfs=false", "--no-hosts"]
    for name, value in environment().items():
        args += ["--env", f"{name}={value}"]
    program = [found.python, "-P", "-s", "-S", "-B"]
    return [*args, found.image, *program, f"{layout.GRADER}/relay.py"]


def _mount(here: str, inside: str) -> list[str]:
    what = f"type=bind,source={here},target={inside},readonly"
    return ["--mount", what]


def _empty(engine: Engine, inside: str, how: str) -> list[str]:
    if engine.name == PODMAN:  # which would fill it with what it covers
        how += ",notmpcopyup"
    return ["--tmpfs", f"{inside}:{how}"]


def _rights(walls: Walls, user: int, profile: str) -> list[str]:
    args = ["--security-opt", f"seccomp={profile}"]
    if os.path.isdir("/sys/fs/selinux"):  # it would close what is mounted
        args += ["--security-opt", "label=disable"]
    if not walls.user:
        return [*args, "--user", "0:0"]
    return [
        *args,
        *("--user", f"{user}:{user}", "--cap-drop", "ALL"),
        *("--security-opt", "no-new-privileges"),
    ]


def _limits(engine: Engine, walls: Walls, limits: Limits) -> list[str]:
    tmp = f"rw,exec,nosuid,nodev,mode=1777,size={limits.tmp_bytes}"
    args = ["--cpus", "1"]
    ulimits = {
        "core": 1,
        "msgqueue": 0,
        "nofile": max(limits.open_files, 64),
        "nproc": limits.processes + SPARE,
    }
    for name, most in ulimits.items():
        args += ["--ulimit", f"{name}={most}:{most}"]
    if walls.watchdog:
        most = f"{limits.total_bytes + SPARE_BYTES}b"
        args += ["--memory", most, "--memory-swap", most]
        args += ["--pids-limit", str(limits.processes + SPARE)]
        if engine.name == DOCKER:  # Podman refuses the option
            tmp += f",nr_inodes={limits.tmp_files + 2}"
    return [*args, *_empty(engine, "/tmp", tmp)]


def environment() -> dict[str, str]:
    """All variables that student code sees in a container."""
    found = _environment()
    found.pop("SYSTEMROOT", None)
    return found


def machine() -> str:
    """This machine's name, as a label may hold it."""
    name = platform.node() or "unknown"
    return "".join(c if c.isalnum() or c in "-._" else "-" for c in name)


def profile_text(walls: Walls) -> str:
    return json.dumps(seccomp_profile.profile(walls.sockets, walls.syscalls))
