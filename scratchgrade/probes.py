"""Probes: each tries from inside the box what one of its walls must stop.

`run` starts a box exactly as grading does and puts a script into it for each
probe. A script prints what it could do, or nothing; so a wall that is missing
cannot be taken for one that stands, unless the script itself did not run,
and that is told as well. `grade` runs all of them before it starts.
"""

import json
import os
import platform
import secrets
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from scratchgrade import bubblewrap, containers
from scratchgrade.bubblewrap import Ran
from scratchgrade.limits import Limits, NoBox
from scratchgrade.walls import Walls

# How each kind of box (sandbox.BACKENDS) runs scripts as submissions.
Runner = Callable[[list[str], Walls, Limits, float], list[Ran]]
BUBBLEWRAP, CONTAINER = "bubblewrap", "container"
RUNNERS: dict[str, Runner] = {
    BUBBLEWRAP: bubblewrap.run_scripts,
    CONTAINER: containers.run_scripts,
}
# What each may show in /dev. A container has a terminal that is none, and
# zero: memory mapped from it shows in no count of a process, but an engine
# has the kernel count the whole container.
DEVICES = {
    BUBBLEWRAP: "null full random urandom shm",
    CONTAINER: "null full random urandom shm zero tty ptmx pts mqueue core fd "
    "stdin stdout stderr",
}

# Small, so that a probe that floods is stopped soon; the others as graded.
FLOOD = {"total_bytes": 512 << 20, "tmp_files": 2_000}
SECONDS, FLOOD_SECONDS = 5.0, 20.0  # the watchdog is slow when all is busy
CANARY = "SCRATCHGRADE_CANARY"


@dataclass(frozen=True)
class Probe:
    """One thing that student code must not be able to do.

    Attributes:
        wall: the field of `Walls` that stops it.
        name: what is tried, in a few words.
        scripts: run one after another, as submissions of one box. What the
            last one prints, but for the word "ran", is what it could do.
            @OUTSIDE@ stands for what the trusted side knows, a dict.
        flood: the script must be ended from outside.
    """

    wall: str
    name: str
    scripts: tuple[str, ...]
    flood: bool = False


@dataclass(frozen=True)
class Result:
    """What a probe found.

    Attributes:
        could: what the script could do, "" if the wall stands.
    """

    wall: str
    name: str
    could: str

    @property
    def holds(self) -> bool:
        return not self.could


def _say(tries: str) -> str:
    """A script that prints what each of its lines managed to do."""
    return (
        "import contextlib, ctypes, os, socket\n"
        "outside, could = @OUTSIDE@, []\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        f"{tries}\n"
        "print('ran', *could, sep='; ')\n"
    )


_SOCKETS = """
for name in sorted(n for n in dir(socket) if n.startswith("AF_")):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW):
        with contextlib.suppress(OSError):
            socket.socket(getattr(socket, name), kind)
            could.append("make a socket of " + name)
            break
with contextlib.suppress(OSError):
    socket.socketpair()
    could.append("make a pair of sockets")
"""

_CALLS = """
tmp = ctypes.c_char_p(b"/tmp")
calls = {
    "memfd_create": (b"x", 0), "shmget": (0, 4096, 0o1600),
    "semget": (0, 1, 0o1600), "msgget": (0, 0o1600), "ptrace": (0, 0, 0, 0),
    "personality": (0xFFFFFFFF,), "unshare": (0x10000000,),
    "mount": (b"none", tmp, b"tmpfs", 0, None), "umount2": (tmp, 0),
    "chroot": (tmp,), "setns": (-1, 0), "process_vm_readv": (1, 0, 0, 0, 0, 0),
    "io_setup": (1, 0), "acct": (None,), "swapoff": (b"/x",),
    "sched_setscheduler": (1, 0, 0), "setpriority": (0, 1, 5),
}
refused = (1, 38)  # EPERM, ENOSYS
for name, arguments in calls.items():
    call = getattr(libc, name, None)
    if call is None:
        continue
    ctypes.set_errno(0)
    if call(*arguments) != -1 or ctypes.get_errno() not in refused:
        could.append("call " + name)
"""

_FILES = """
with contextlib.suppress(OSError):
    if open("/etc/hostname").read().strip() == outside["host"]:
        could.append("read /etc/hostname")
for path in (outside["canary"], "/etc/shadow", "/home",
             "/root", "/var", outside["home"], outside["grader"]):
    if path == "/tmp":  # the box has one of its own
        continue
    with contextlib.suppress(OSError):
        os.listdir(path) if os.path.isdir(path) else open(path).read()
        could.append("read " + path)
for folder in ("/", "/usr", "/etc", "/python", "/course", "/site-packages-0",
               "/usr/lib", os.path.dirname(outside["canary"])):
    with contextlib.suppress(OSError):
        open(folder + "/written-by-a-probe", "w").close()
        could.append("write in " + folder)
"""

_DEVICES = """
strange = sorted(set(os.listdir("/dev")) - set(outside["devices"].split()))
could += ["see /dev/" + name for name in strange][:9]
"""

_PROCESSES = """
seen = [int(n) for n in os.listdir("/proc") if n.isdigit()]
could += ["see process %d" % n for n in seen if n not in (1, os.getpid())][:9]
"""

_USER = """
if os.getuid() == 0:
    could.append("be root")
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
    if int(status[name], 16):
        could.append("hold capabilities (" + name + ")")
if status["NoNewPrivs"].strip() != "1":
    could.append("gain privileges by setuid programs")
with contextlib.suppress(OSError):
    os.setuid(0)
    could.append("become root")
"""

_ENVIRONMENT = """
if outside["name"] in os.environ:
    could.append("read the grader's environment")
known = ("HOME LANG LD_LIBRARY_PATH MKL_NUM_THREADS MPLBACKEND "
         "OMP_NUM_THREADS OPENBLAS_NUM_THREADS PATH PWD "
         "PYTHONDONTWRITEBYTECODE PYTHONHASHSEED PYTHONUTF8 TEMP TMP TMPDIR")
strange = sorted(set(os.environ) - set(known.split()))
could += ["read the variable " + name for name in strange][:5]
if os.environ.get("PYTHONHASHSEED") != "0":
    could.append("iterate over sets in another order each time")
"""

_LIMITS = """
import resource
for name, most in outside["limits"].items():
    soft, hard = resource.getrlimit(getattr(resource, "RLIMIT_" + name))
    if not 0 <= soft <= most or not 0 <= hard <= most:
        could.append("exceed RLIMIT_%s (%s)" % (name, hard))
with contextlib.suppress(MemoryError, ValueError, OSError):
    resource.setrlimit(resource.RLIMIT_AS, (-1, -1))
    could.append("lift its own limits")
"""

_MEMORY = """
import time
print("ran", flush=True)
size = outside["total"] // 2
for _ in range(2):  # each by itself within the limit of a process
    if not os.fork():
        held = bytearray(size)
        for i in range(0, size, 4096): held[i] = 1
        time.sleep(60)
held = bytearray(size)
for i in range(0, size, 4096): held[i] = 1
time.sleep(60)
"""

_INODES = """
import time
print("ran", flush=True)
for i in range(outside["files"] + 2_000):
    open("/tmp/%d" % i, "w").close()
time.sleep(60)
"""

_SHIELD = """
for name in ("mem", "environ", "maps", "fd", "cwd", "root", "exe"):
    path = "/proc/1/" + name
    for look in (os.readlink, os.listdir, lambda p: open(p, "rb").read(1)):
        with contextlib.suppress(OSError):
            look(path)
            could.append("read " + path)
            break
"""

_LEAVE = """
open("/tmp/left", "w").write("a message")
for folder in ("/dev/shm", "/dev/mqueue"):  # where there is one
    with contextlib.suppress(OSError):
        open(folder + "/left", "w").write("a message")
if not os.fork():
    os.setsid()
    import time
    time.sleep(60)
"""

_FIND = """
for folder in ("/tmp", "/dev/shm", "/dev/mqueue"):
    if folder == "/tmp" or os.path.isdir(folder):
        could += ["find %s/%s of another submission" % (folder, name)
                  for name in os.listdir(folder)]
seen = [int(n) for n in os.listdir("/proc") if n.isdigit()]
strangers = [n for n in seen if n not in (1, os.getpid())]
if strangers and len(seen) < 9:  # more are the machine's, another wall
    could.append("find a process of another submission")
"""

_NETWORK = """
if os.readlink("/proc/self/ns/net") == outside["net"]:
    could.append("use this machine's network")
"""

_NAMES = """
for name in ("ipc", "uts"):
    if os.readlink("/proc/self/ns/" + name) == outside[name]:
        could.append("see this machine's %s names" % name)
if os.uname().nodename == outside["host"]:
    could.append("read the host name")
"""

PROBES = (
    Probe("network", "the network and services of this machine",
          (_say(_NETWORK),)),
    Probe("sockets", "sockets of every family", (_say(_SOCKETS),)),
    Probe("syscalls", "system calls that Python does not need",
          (_say(_CALLS),)),
    Probe("files", "files of this machine, and writing outside /tmp",
          (_say(_FILES),)),
    Probe("devices", "devices, a GPU among them", (_say(_DEVICES),)),
    Probe("processes", "processes of this machine", (_say(_PROCESSES),)),
    Probe("names", "host name and shared objects", (_say(_NAMES),)),
    Probe("user", "being root, capabilities, gaining privileges",
          (_say(_USER),)),
    Probe("environment", "the grader's environment", (_say(_ENVIRONMENT),)),
    Probe("limits", "lifting the limits of a process", (_say(_LIMITS),)),
    Probe("shield", "looking into the template", (_say(_SHIELD),)),
    Probe("sweep", "leaving something for the next submission",
          (_say(_LEAVE), _say(_FIND))),
    Probe("watchdog", "more memory over several processes",
          (_say(_MEMORY),), flood=True),
    Probe("watchdog", "a flood of files", (_say(_INODES),), flood=True),
)  # fmt: skip


def run(
    walls: Walls = Walls(),  # noqa: B008 (frozen)
    limits: Limits = Limits(),  # noqa: B008 (frozen)
    probes: tuple[Probe, ...] = PROBES,
    told: Callable[[Result], None] = lambda result: None,
    box: str = BUBBLEWRAP,
) -> list[Result]:
    """Try the walls of a kind of box.

    Args:
        told: hears of each result as it comes.
        box: a name in `RUNNERS`.

    Raises:
        NoBox: if the box does not start.
    """
    results = []
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        stack.callback(os.environ.pop, CANARY, None)
        os.environ[CANARY] = secrets.token_hex(8)
        outside = _outside(Path(folder), limits)
        outside["devices"] = DEVICES[box]
        for group in _groups(probes):
            ran = _run(group, walls, limits, outside, RUNNERS[box])
            for probe, last in zip(group, ran, strict=True):
                could = _judge(probe, last)
                results.append(Result(probe.wall, probe.name, could))
                told(results[-1])
    return results


def require(results: list[Result]) -> None:
    """Go on only if every wall stands.

    Raises:
        NoBox: naming the first that does not, and what could be done.
    """
    for result in results:
        if not result.holds:
            raise NoBox(
                f"the wall {result.wall!r}",
                f"code in the box could {result.could}",
                "run `scratchgrade doctor`, which looks at each part by "
                "itself; until it is mended, nobody's code is run",
            )


def _outside(folder: Path, limits: Limits) -> dict:
    """What the scripts compare with."""
    canary = folder / "canary"
    canary.write_text("not for students")
    os.chmod(folder, 0o755)  # its own permissions are no wall of ours
    spaces = ("net", "ipc", "uts")
    names = {name: _namespace(name) for name in spaces}
    return names | {
        "canary": str(canary),
        "home": str(Path.home()),
        "grader": str(Path(__file__).parent),
        "host": platform.node(),
        "name": CANARY,
        "limits": limits.of_a_process(),
        "total": FLOOD["total_bytes"],
        "files": FLOOD["tmp_files"],
    }


def _namespace(name: str) -> str:
    """The namespace of this process, "" where there are none."""
    try:
        return os.readlink(f"/proc/self/ns/{name}")
    except OSError:  # a container of such a machine has a kernel of its own
        return ""


def _groups(probes: tuple[Probe, ...]) -> list[tuple[Probe, ...]]:
    """The probes, in order, by the box that they share: a flood has its own.

    The others follow one another as submissions do.
    """
    groups: list[tuple[Probe, ...]] = []
    for probe in probes:
        if groups and not (probe.flood or groups[-1][-1].flood):
            groups[-1] += (probe,)
        else:
            groups.append((probe,))
    return groups


def _run(
    group: tuple[Probe, ...],
    walls: Walls,
    limits: Limits,
    outside: dict,
    runner: Runner,
) -> list[Ran]:
    """Run probes in one box; what the last script of each gave."""
    if group[0].flood:
        limits = replace(limits, **FLOOD)
    text = repr(json.loads(json.dumps(outside)))
    scripts = [
        script.replace("@OUTSIDE@", text)
        for probe in group
        for script in probe.scripts
    ]
    ran = iter(runner(scripts, walls, limits, SECONDS))
    return [[next(ran) for _ in probe.scripts][-1] for probe in group]


def _judge(probe: Probe, ran: Ran) -> str:
    """What the script could do, in words; "" if nothing."""
    began, _, could = ran.stdout.strip().partition("; ")
    if began != "ran":
        said = ran.reason or ran.stdout.strip()[-200:] or "it said nothing"
        return f"not be asked: the probe did not run ({said})"
    if not probe.flood:
        return could
    if ran.reason and "did not end within" not in ran.reason:
        return ""
    return f"go on: {probe.name} was not stopped"
