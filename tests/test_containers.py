"""The box by a container engine: what it is told, and what then holds.

Most of it runs against a stand-in (fixtures/fake_engine.py), which makes its
containers by bubblewrap and records what it is told. The last part needs an
engine. Where SCRATCHLM_NEEDS_ENGINE is set, one that does not start is a
failure; elsewhere that part is left out.
"""

import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scratchgrade import (
    bubblewrap,
    choice,
    cli,
    containers,
    engines,
    launch,
    layout,
    probes,
    seccomp,
    seccomp_profile,
)
from scratchgrade import container_options as options
from scratchgrade.checks.kit import BoxFailure, Verdict
from scratchgrade.cli import grading
from scratchgrade.cli.common import Kind
from scratchgrade.engines import DOCKER, PODMAN, Engine
from scratchgrade.facts import differences, facts
from scratchgrade.limits import Limits, NoBox
from scratchgrade.sandbox import BUBBLEWRAP, CONTAINER, Box
from scratchgrade.walls import Walls

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="the stand-in and the mounts need Linux"
)
ALL = Walls()
QUICK = Limits(cell_seconds=5, call_seconds=2, submission_seconds=60)
FAKE = Path(__file__).parent / "fixtures" / "fake_engine.py"


def forget_engines():
    bubblewrap.close_idle()
    engines.find_engine.cache_clear()
    containers.remove_leftovers.cache_clear()


@pytest.fixture
def path(tmp_path, monkeypatch):
    """A folder that is all of PATH; programs are put into it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(engines.CHOICE, raising=False)
    forget_engines()
    yield tmp_path
    forget_engines()


def put(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


@pytest.fixture
def fake(path, monkeypatch):
    """A stand-in by the name of podman; its folder."""
    monkeypatch.setenv("FAKE_ENGINE", str(path))
    put(path, "podman", f'exec {sys.executable} -B {FAKE} "$@"')
    return path


def told(folder: Path) -> list[list[str]]:
    """All that the stand-in was told."""
    return [json.loads(x) for x in (folder / "log").read_text().splitlines()]


# --- which engine ----------------------------------------------------------


def test_without_an_engine_both_are_named(path):
    with pytest.raises(NoBox) as caught:
        engines.find_engine()
    assert "podman is not installed; docker is not installed" in str(
        caught.value
    )
    assert "install Podman or Docker" in caught.value.mend


def test_a_client_whose_daemon_is_down_is_no_engine(path):
    put(path, "docker", "echo 'Cannot connect to the daemon' >&2; exit 1")
    with pytest.raises(NoBox, match=r"docker does not answer \(Cannot conn"):
        engines.find_engine()


def test_podman_comes_first_and_a_variable_chooses(path, monkeypatch):
    put(path, "podman", "echo 5.1")
    put(path, "docker", "echo 29.0")
    assert str(engines.find_engine()) == "podman 5.1"
    engines.find_engine.cache_clear()
    monkeypatch.setenv(engines.CHOICE, "docker")
    assert str(engines.find_engine()) == "docker 29.0"


def test_an_engine_that_hangs_is_given_up(path, monkeypatch):
    put(path, "podman", "exec /bin/sleep 30")
    monkeypatch.setattr(engines, "PATIENCE", 0.2)
    with pytest.raises(NoBox, match="podman does not answer"):
        engines.find_engine()


def test_known_complaints_get_their_mend():
    engine = Engine("/bin/podman", PODMAN, "4.3")
    said = "crun: cgroups in hybrid mode not supported"
    assert "install runc" in engines.explain(engine, said).mend
    unknown = engines.explain(engine, "no such thing")
    assert unknown.why == "no such thing"
    assert "podman info" in unknown.mend
    assert engines.explain(engine, "").why == "it said nothing"


# --- what it is told -------------------------------------------------------

FOUND = options.Contents(
    "scratchlm-box:x",
    (("/here", "/inside"),),
    ("/inside/hidden", "/inside/hidden.pth"),
    ("/site-packages-0",),
    {},
    "/python/bin/python3",
    False,
)
MEMORY = f"{QUICK.total_bytes + options.SPARE_BYTES}b"


def arguments(name=PODMAN, walls=ALL, limits=QUICK):
    engine = Engine(f"/bin/{name}", name, "1")
    return options.arguments(engine, FOUND, walls, limits, 61_007, "/p.json")


def pairs(args):
    return set(itertools.pairwise(args))


@pytest.mark.parametrize("name", [PODMAN, DOCKER])
def test_every_wall_is_an_option(name):
    args = arguments(name)
    assert {
        ("--network", "none"),
        ("--cap-drop", "ALL"),
        ("--security-opt", "no-new-privileges"),
        ("--security-opt", "seccomp=/p.json"),
        ("--user", "61007:61007"),
        ("--ipc", "none"),
        ("--hostname", "box"),
        ("--pull", "never"),
        ("--cpus", "1"),
        ("--memory", MEMORY),
        ("--memory-swap", MEMORY),
        ("--pids-limit", "40"),
        ("--ulimit", "msgqueue=0:0"),
        ("--mount", "type=bind,source=/here,target=/inside,readonly"),
        ("--label", f"scratchlm-box={options.machine()}"),
    } <= pairs(args)
    assert "--read-only" in args
    assert args[-7:] == [
        *("scratchlm-box:x", "/python/bin/python3", "-P", "-s", "-S", "-B"),
        "/scratchgrade/relay.py",
    ]
    assert not {"--privileged", "--pid", "--device"} & set(args)


def test_tmp_is_small_and_what_shows_the_grader_is_covered():
    podman, docker = arguments(PODMAN), arguments(DOCKER)
    size = f"size={QUICK.tmp_bytes}"
    tmp = "/tmp:rw,exec,nosuid,nodev,mode=1777"
    assert f"{tmp},{size},notmpcopyup" in podman
    assert f"{tmp},{size},nr_inodes={QUICK.tmp_files + 2}" in docker
    assert ("--tmpfs", "/inside/hidden:ro,size=4k") in pairs(docker)
    nothing = "type=bind,source=/dev/null,target=/inside/hidden.pth,readonly"
    assert ("--mount", nothing) in pairs(docker)
    assert "--read-only-tmpfs=false" in podman
    assert "--read-only-tmpfs=false" not in docker


@pytest.mark.parametrize(
    ("wall", "gone"),
    [
        ("network", ("--network", "none")),
        ("names", ("--ipc", "none")),
        ("user", ("--cap-drop", "ALL")),
        ("watchdog", ("--memory", MEMORY)),
    ],
)
def test_a_wall_that_is_down_is_not_asked_for(wall, gone):
    assert gone in pairs(arguments())
    assert gone not in pairs(arguments(walls=replace(ALL, **{wall: False})))


@pytest.mark.parametrize("wall", ["files", "devices", "processes"])
def test_a_wall_that_stands_in_any_container_is_not_taken_down(wall):
    with pytest.raises(ValueError, match=wall):
        arguments(walls=replace(ALL, **{wall: False}))


def test_the_image_holds_empty_folders_links_and_names_of_users():
    root = options.skeleton({"/lib": "usr/lib"})
    assert root == options.skeleton({"/lib": "usr/lib"})
    with tarfile.open(fileobj=BytesIO(root)) as tar:
        entries = {entry.name: entry for entry in tar}
        assert entries["lib"].linkname == "usr/lib"
        assert entries["tmp"].mode == 0o1777
        files = [e.name for e in entries.values() if e.isfile()]
        assert files == ["etc/passwd"]
        passwd = tar.extractfile("etc/passwd").read().decode()
    assert "student:x:61999:61999:" in passwd
    assert len(passwd.splitlines()) == options.N_USERS


def test_the_containerfile_puts_everything_where_it_is_looked_for():
    folder = layout.HERE.parent / "instructor" / "containers"
    text = (folder / "Containerfile").read_text("utf-8")
    for name in options.FILES:
        assert f"scratchgrade/{name}" in text, name
    found = options.of_image()
    for place in (*found.packages.values(), *found.path, "/python/bin"):
        assert place in text, place
    last = options.FIRST_USER + options.N_USERS - 1
    assert f"seq {options.FIRST_USER} {last}" in text
    assert options.BUILD in (folder / "README.md").read_text("utf-8")


# --- the seccomp profile ---------------------------------------------------


def answer(name: str, *arguments: int, sockets=True, syscalls=True) -> str:
    """What a call gets by the profile, as an engine would read it."""
    found = seccomp_profile.profile(sockets, syscalls)
    values = [*arguments, 0, 0, 0, 0, 0, 0]
    for rule in found["syscalls"]:
        if name not in rule["names"]:
            continue
        if all(_holds(a, values) for a in rule.get("args", [])):
            return rule["action"]
    return found["defaultAction"]


def _holds(condition: dict, values: list[int]) -> bool:
    value = values[condition["index"]]
    if condition["op"] == "SCMP_CMP_EQ":
        return value == condition["value"]
    assert condition["op"] == "SCMP_CMP_MASKED_EQ"
    return value & condition["value"] == condition["valueTwo"]


ALLOW = seccomp_profile.ALLOW


def test_the_names_are_those_of_the_other_filter():
    pyseccomp = pytest.importorskip("pyseccomp")
    refused = set(" ".join(seccomp.REFUSED.values()).split())
    by_argument = {"clone", "clone3", "mmap", "ioctl", "prlimit64"}
    left_out = refused | by_argument | set(seccomp.SOCKETS)
    names = set()
    for machine in (pyseccomp.Arch.X86_64, pyseccomp.Arch.AARCH64):
        for number in range(seccomp.LAST):
            later = number >= seccomp.FIRST_SHARED
            if later and number not in seccomp.SHARED_ALLOWED:
                continue
            try:
                name = pyseccomp.resolve_syscall(machine, number)
            except ValueError:
                continue
            names.add(name.decode() if isinstance(name, bytes) else name)
    allowed = set(seccomp_profile.ALLOWED.split())
    assert allowed == names - left_out
    assert allowed & refused == set()


def test_what_is_refused_there_is_refused_here():
    for name in " ".join(seccomp.REFUSED.values()).split():
        assert answer(name) != ALLOW, name
    for name in (*seccomp.SOCKETS, "clone3", "a_call_of_next_year"):
        assert answer(name) != ALLOW, name
    for name in ("read", "execve", "futex", "pidfd_open"):
        assert answer(name) == ALLOW, name


@pytest.mark.parametrize(
    ("name", "arguments", "allowed"),
    [
        ("clone", (0x01200011,), True),  # fork
        ("clone", (0x003D0F00,), True),  # a thread
        *[("clone", (0x11 | flag,), False) for flag in seccomp.CLONE_NEW],
        ("mmap", (0, 0, 0, 0x22), True),  # private, no file
        ("mmap", (0, 0, 0, 0x32), True),  # and at this place
        ("mmap", (0, 0, 0, 0x01), True),  # shared, of a file
        ("mmap", (0, 0, 0, 0x802), True),
        ("mmap", (0, 0, 0, 0x21), False),  # shared, no file
        ("mmap", (0, 0, 0, 0x40022), False),  # huge pages
        ("ioctl", (1, 0x5401), True),
        *[("ioctl", (1, request), False) for request in seccomp.IOCTLS],
        ("ioctl", (1, 0x1_0000_5412), False),
        ("prlimit64", (0, 7, 99), True),  # its own
        ("prlimit64", (1, 7, 0), True),  # a look
        ("prlimit64", (1, 7, 99), False),
    ],
)
def test_arguments_decide_as_in_the_other_filter(name, arguments, allowed):
    assert (answer(name, *arguments) == ALLOW) is allowed


def test_each_half_of_the_filter_can_be_down():
    assert answer("socket", sockets=False) == ALLOW
    assert answer("mount", sockets=False) != ALLOW
    assert answer("socket", syscalls=False) != ALLOW
    assert answer("mount", syscalls=False) == ALLOW


# --- an image with versions of its own -------------------------------------


def test_an_image_of_another_course_is_refused(tmp_path):
    (tmp_path / "a.py").write_text("x = 1")
    here = facts(["numpy", "no-such-thing"], {"pkg": str(tmp_path)}, [])
    assert here["no-such-thing"] == "not installed"
    assert differences(here, here) == ""
    (tmp_path / "a.py").write_text("x = 2")
    there = facts(["numpy", "no-such-thing"], {"pkg": str(tmp_path)}, [])
    there["numpy"] = "1.0"
    said = differences(there, here)
    assert f"numpy is 1.0 there, {here['numpy']} here" in said
    assert "pkg is" in said
    assert "Python" not in said
    assert "Python is unknown there" in differences({}, here)


def test_elsewhere_than_on_linux_an_image_must_be_built(fake, monkeypatch):
    engine = engines.find_engine()
    monkeypatch.setattr(options.sys, "platform", "darwin")
    with pytest.raises(NoBox) as caught:
        options.contents(engine)
    assert "scratchlm-box:built does not exist" in caught.value.why
    assert f"podman {options.BUILD}" in caught.value.mend


def test_a_container_with_other_versions_grades_nothing(fake, monkeypatch):
    def built(engine):
        return replace(options.this_machine(engine), built=True)

    monkeypatch.setattr(options, "contents", built)
    containers.Container(QUICK).close()  # the very same versions
    monkeypatch.setattr(containers, "_distributions", lambda: ("torch",))
    monkeypatch.setattr(containers, "facts", lambda *_: {"torch": "0.1"})
    with pytest.raises(NoBox, match=r"torch is 2\S+ there, 0\.1 here"):
        containers.Container(QUICK)


# --- student code in a container (the stand-in's) --------------------------


@pytest.fixture
def box(fake):
    with Box(QUICK, CONTAINER) as made:
        yield made


def ok(run):
    assert run.error is None, run
    return run


def test_cells_and_calls_go_through(box, fake):
    assert ok(box.run_cell("a", "n = 2\nprint('hello')")).output == "hello\n"
    ok(box.run_cell("b", "def times(x): return [x * n]"))
    assert box.call("times", (3,), {}) == [6]
    commands = [line[0] for line in told(fake)]
    assert commands[:4] == ["version", "ps", "image", "import"]
    assert commands.count("run") == 1


def test_large_arrays_go_both_ways(fake):
    np = pytest.importorskip("numpy")
    x = np.arange(3_000_000.0)  # 24 MB: hundreds of pieces
    with Box(Limits(call_seconds=30), CONTAINER) as box:
        ok(box.run_cell("a", "def twice(x): return x * 2"))
        np.testing.assert_array_equal(box.call("twice", (x,), {}), 2 * x)


def test_a_cell_that_hangs_is_ended_and_the_next_one_runs(box):
    ok(box.run_cell("a", "def f(): return 1"))
    slow = box.run_cell("b", "while True: pass")
    assert slow.verdict == Verdict.TIMED_OUT
    assert box.call("f", (), {}) == 1


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import os; os._exit(3)", "exit code 3"),
        ("import os; os.kill(os.getpid(), 9)", "SIGKILL"),
        ("import ctypes; ctypes.string_at(0)", "SIGSEGV"),
    ],
)
def test_a_cell_that_ends_its_process_is_told(box, source, said):
    run = box.run_cell("a", source)
    assert run.verdict == Verdict.CRASHED
    assert said in run.error[1]


def test_the_next_submission_finds_nothing_and_the_same_container(fake):
    leave = (
        "import os, time\n"
        "open('/tmp/left', 'w').write('x')\n"
        "if not os.fork():\n"
        "    os.setsid()\n"
        "    time.sleep(60)\n"
    )
    look = "import os; print(os.listdir('/tmp'), len(os.listdir('/proc')))"
    outputs = []
    for source in (look, leave, look):
        with Box(QUICK, CONTAINER) as one:
            outputs.append(ok(one.run_cell("a", source)).output)
    assert outputs[0].startswith("[] ")
    assert outputs[2] == outputs[0]
    assert [line[0] for line in told(fake)].count("run") == 1


def test_bytes_of_its_own_on_the_pipe_do_not_reach_the_template(box):
    forge = (
        "import os, struct\n"
        "for fd in range(3, 60):\n"
        "    try: os.write(fd, struct.pack('>cI', b'm', 2) + b'{}')\n"
        "    except OSError: pass\n"
    )
    run = box.run_cell("a", forge)
    assert run.verdict == Verdict.CRASHED  # by its own pipe alone
    assert ok(box.run_cell("b", "print(1)")).output == "1\n"


def test_nothing_of_the_streams_is_open_in_a_child(box):
    look = (
        "import os\n"
        "print(sorted({os.readlink(f'/proc/self/fd/{n}').split(':')[0] for n "
        "in os.listdir('/proc/self/fd') if os.path.exists("
        "f'/proc/self/fd/{n}')}))\n"
        "print(sum('pipe' in os.readlink(f'/proc/self/fd/{n}') for n in "
        "os.listdir('/proc/self/fd') if os.path.islink("
        "f'/proc/self/fd/{n}')))\n"
    )
    kinds, pipes = ok(box.run_cell("a", look)).output.splitlines()
    assert "socket" not in kinds
    assert pipes == "2"  # its own, one a direction


def test_the_variables_are_ours_alone(box):
    run = ok(box.run_cell("a", "import os; print(sorted(os.environ))"))
    assert "container" not in run.output  # which the engine added
    assert run.output.strip() == str(sorted(options.environment()))


def run_scripts(*sources, limits=QUICK, walls=ALL, seconds=10):
    return containers.run_scripts(list(sources), walls, limits, seconds)


SMALL = replace(QUICK, total_bytes=300 << 20, tmp_files=500)


def test_the_watchdog_is_inside_and_says_what_it_stopped(fake):
    hold = (
        "import os, time\n"
        "for _ in range(2): os.fork()\n"
        "x = bytearray(b'x') * (100 << 20)\n"
        "time.sleep(5)\n"
    )
    flood = (
        "import time\n"
        "for i in range(9_999): open(f'/tmp/{i}', 'w')\n"
        "time.sleep(5)\n"
    )
    memory, files, after = run_scripts(
        *(hold, flood, "import os; print(os.listdir('/tmp'))"), limits=SMALL
    )
    assert "300 MiB of memory in all" in memory.reason
    assert "500 files" in files.reason
    assert (after.stdout, after.reason) == ("[]\n", "")


def test_memory_is_counted_of_a_process_that_hides_it(fake):
    hide = (
        "import ctypes, os, time\n"
        "for _ in range(2): os.fork()\n"
        "ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)\n"
        "x = bytearray(b'x') * (100 << 20)\n"
        "time.sleep(5)\n"
    )
    assert "of memory in all" in run_scripts(hide, limits=SMALL)[0].reason


def test_a_script_that_prints_without_end_is_capped(fake):
    endless = "while True: print('x' * 999, flush=True)"
    ran = run_scripts(endless, "print('ok')")
    assert "printed more than" in ran[0].reason
    assert ran[1].stdout == "ok\n"


# --- the end of a container ------------------------------------------------

GRADER = """
import sys, time
from scratchgrade.sandbox import Box, Limits
with Box(Limits(), "container") as box:
    print(box.run_cell("a", "x = 1").error, flush=True)
    box.run_cell("b", "import time\\ntime.sleep(60)")
"""


def wait_for(true, seconds=10):
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.05)
    return true()


def test_a_container_ends_with_its_grader_even_by_kill_9(fake):
    grader = subprocess.Popen(
        [sys.executable, "-c", GRADER], stdout=subprocess.PIPE, text=True
    )
    assert grader.stdout.readline() == "None\n"
    running = fake / "containers"
    assert len(list(running.iterdir())) == 1
    grader.kill()
    grader.wait()
    grader.stdout.close()
    assert wait_for(lambda: not list(running.iterdir()))


def test_a_container_that_does_not_end_is_removed(fake, monkeypatch):
    made = containers.Container(QUICK)
    name = made._started.name
    [inside] = launch.children(made._started.process.pid)
    os.kill(inside, signal.SIGSTOP)  # it cannot see that its input ended
    monkeypatch.setattr(containers, "END_SECONDS", 0.2)
    made.close()
    assert ["kill", "--signal", "KILL", name] in told(fake)
    assert ["rm", "--force", name] in told(fake)
    assert made._started.process.returncode is not None


def test_what_a_dead_grader_left_is_removed_and_nothing_else(fake):
    folder = fake / "containers"
    folder.mkdir()
    dead = subprocess.Popen(["/bin/true"])
    dead.wait()
    left = f"scratchlm-box-{dead.pid}-0badcafe"
    others = [f"scratchlm-box-{os.getpid()}-00000000", "somebody-elses"]
    for name in (left, *others):
        (folder / name).write_text("")
    containers.remove_leftovers(engines.find_engine())
    assert sorted(os.listdir(folder)) == sorted(others)


# --- refusals --------------------------------------------------------------


def test_an_engine_that_fails_says_why(fake):
    (fake / "says").write_text("Error: resource limits not supported\n")
    with pytest.raises(NoBox) as caught:
        run_scripts("pass")
    assert "resource limits not supported" in caught.value.why
    assert "control groups of version 2" in caught.value.mend


def test_an_engine_whose_walls_do_not_stand_is_noticed(fake):
    its = tuple(p for p in probes.PROBES if p.wall in ("network", "sockets"))
    results = probes.run(probes=its, box=CONTAINER)
    assert [r.holds for r in results] == [False, False]
    with pytest.raises(NoBox, match="could use this machine's network"):
        probes.require(results)


def no_bubblewrap(monkeypatch):
    def lacking():
        raise NoBox("bubblewrap", "it is not here", "install bubblewrap")

    monkeypatch.setattr(launch, "find_bwrap", lacking)


def test_bubblewrap_is_chosen_where_it_starts(fake):
    assert choice.choose() == (BUBBLEWRAP, "")
    assert not (fake / "log").exists()


def test_a_container_is_chosen_where_bubblewrap_does_not(fake, monkeypatch):
    no_bubblewrap(monkeypatch)
    assert choice.choose() == (CONTAINER, "bubblewrap: it is not here")
    assert choice.choose(BUBBLEWRAP) == (BUBBLEWRAP, "")  # as asked


def test_with_neither_both_are_named_with_their_mends(path, monkeypatch):
    no_bubblewrap(monkeypatch)
    with pytest.raises(NoBox) as caught:
        choice.choose()
    assert "bubblewrap: bubblewrap: it is not here" in str(caught.value)
    assert "podman is not installed; docker is not" in str(caught.value)
    assert "install bubblewrap; or, for a container: " in caught.value.mend


def run_cli(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "scratchgrade.cli", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=False,
    )


def test_the_doctor_ends_with_3_where_no_engine_is(path):
    done = run_cli("doctor", "--box", "container", "--json")
    assert done.returncode == 3, done.stderr
    found = json.loads(done.stdout)
    assert found["missing"] == "a container engine"
    assert "docker is not installed" in found["why"]
    assert found["versions"]["containers"].startswith("no engine: ")


def test_the_doctor_names_the_engine_and_the_walls_that_fail(fake):
    done = run_cli("doctor", "--box", "container", COLUMNS="200")
    assert done.returncode == 3, done.stderr
    assert "containers   podman 9.8.7" in done.stdout
    assert "box          container" in done.stdout
    assert "make a socket of AF_INET" in done.stdout


def test_nothing_is_graded_without_a_container(path, monkeypatch, capsys):
    def grade_nobody():
        with grading.graders(None, QUICK, 1, None, CONTAINER):
            pytest.fail("a grader was made")

    with pytest.raises(NoBox, match="podman is not installed"):
        grade_nobody()
    monkeypatch.setattr(cli, "app", grade_nobody)
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 3
    assert "install Podman or Docker" in capsys.readouterr().err


def test_a_box_and_no_box_exclude_each_other():
    told = CliRunner().invoke(
        cli.app,
        ["grade", "x", "--box", "container", "--unsafe-no-sandbox"],
    )
    assert told.exit_code != 0
    with pytest.raises(Exception, match="exclude each other"):
        grading.the_box(True, Kind.CONTAINER, None)


def test_workers_of_a_cluster_choose_for_themselves(path, monkeypatch):
    no_bubblewrap(monkeypatch)  # here, on a login node
    assert grading.the_box(False, Kind.AUTO, "tcp://x:1") == BUBBLEWRAP


# --- a real engine ---------------------------------------------------------

SETTINGS = """
[engine]
cgroup_manager = "cgroupfs"
events_logger = "none"
runtime = "{runtime}"
"""
STORAGE = """
[storage]
driver = "overlay"
graphroot = "{folder}/store"
runroot = "{folder}/run"
"""


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    """An engine that starts a container; its storage is a folder of ours."""
    folder = tmp_path_factory.mktemp("engine")
    with pytest.MonkeyPatch.context() as patch:
        runtime = "runc" if shutil.which("runc") else "crun"
        (folder / "c.conf").write_text(SETTINGS.format(runtime=runtime))
        (folder / "s.conf").write_text(STORAGE.format(folder=folder))
        patch.setenv("CONTAINERS_CONF", str(folder / "c.conf"))
        patch.setenv("CONTAINERS_STORAGE_CONF", str(folder / "s.conf"))
        forget_engines()
        try:
            containers.Container(QUICK).close()
        except NoBox as lacking:
            if os.environ.get("SCRATCHLM_NEEDS_ENGINE"):
                raise
            pytest.skip(f"no container engine: {lacking.why[:200]}")
        yield engines.find_engine()
        bubblewrap.close_idle()
        subprocess.run(
            ["umount", str(folder / "store" / "overlay")],
            capture_output=True,  # where the engine leaves it mounted
            check=False,
        )
        forget_engines()


def test_all_walls_of_a_container_stand(engine):
    results = probes.run(box=CONTAINER)
    assert {r.wall: r.could for r in results if not r.holds} == {}
    assert len(results) == len(probes.PROBES)


@pytest.mark.parametrize(
    "wall",
    [
        *("network", "sockets", "syscalls", "names", "user", "environment"),
        *("limits", "watchdog", "shield", "sweep"),
    ],
)
def test_a_wall_of_a_container_that_is_down_is_noticed(engine, wall):
    its = tuple(p for p in probes.PROBES if p.wall == wall)
    walls = replace(ALL, **{wall: False})
    results = probes.run(walls, Limits(), its, box=CONTAINER)
    assert any(not r.holds for r in results), f"no probe of {wall} noticed"


def test_a_submission_is_graded_in_a_container(engine):
    with Box(QUICK, CONTAINER) as real:
        ok(real.run_cell("a", "def f(x): return 2 * x"))
        assert real.call("f", (4,), {}) == 8
        ok(real.run_cell("b", "def g():\n while True: pass"))
        with pytest.raises(BoxFailure, match="did not end"):
            real.call("g", (), {})
        assert real.call("f", (1,), {}) == 2


def test_memory_mapped_from_a_device_is_counted(engine):
    source = (
        "import mmap, os, time\n"
        "zero = os.open('/dev/zero', os.O_RDWR)\n"
        "size = 200 << 20\n"
        "for _ in range(3):\n"
        "    if not os.fork():\n"
        "        held = mmap.mmap(zero, size)\n"
        "        for i in range(0, size, 4096): held[i] = 1\n"
        "        time.sleep(20)\n"
        "time.sleep(20)\n"
    )
    [ran] = run_scripts(source, limits=SMALL)
    assert "300 MiB of memory in all" in ran.reason


def test_nothing_is_left_of_a_container(engine):
    run_scripts("print(1)")
    bubblewrap.close_idle()
    everything = ("ps", "--all", "--format", "{{.Names}}")
    names = engine.run(*everything).stdout.decode().split()
    assert [n for n in names if n.startswith(options.IMAGE)] == []
