"""One template, many children: nothing passes from one to the next."""

import contextlib
import os
import select
import signal
import subprocess
import sys
import time

import pytest
from fixtures.plain_user import run_as_plain_user

from scratchgrade import bubblewrap, layout, sandbox
from scratchgrade.bubblewrap import Bubble, run_script, run_scripts
from scratchgrade.limits import Limits
from scratchgrade.sandbox import Box
from scratchgrade.walls import Walls

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="the box needs Linux"
)
ALL = Walls()
QUICK = Limits(cell_seconds=3, call_seconds=2, submission_seconds=30)

# What the next child sees; equal for all that follow an honest one.
LOOK = """
import os, resource, signal, stat
tmp = os.stat("/tmp")
print(
    sorted(os.listdir("/tmp")), os.listxattr("/tmp"),
    oct(tmp.st_mode), tmp.st_uid, tmp.st_size, tmp.st_nlink,
    sorted(n for n in os.listdir("/proc") if n.isdigit() and n != "1"
           and int(n) != os.getpid()),
    os.statvfs("/tmp").f_bfree, os.statvfs("/tmp").f_ffree,
    {n: resource.getrlimit(getattr(resource, n)) for n in dir(resource)
     if n.startswith("RLIMIT_")},
    os.getpriority(0, 0), os.sched_getscheduler(0), os.sched_getaffinity(0),
    os.umask(0), os.getcwd(), sorted(os.environ.items()),
    os.uname().nodename, os.getsid(0) == os.getpid(),
    sorted(os.listdir("/proc/self/fd")),
    [signal.getsignal(n) for n in sorted(signal.valid_signals())],
)
"""

LEFT_BEHIND = {
    "files": "open('x', 'w'); os.mkdir('d'); os.symlink('/', 'd/l')",
    "hidden files": "open('.x', 'w'); open('a\\nb', 'w'); os.mkfifo('f')",
    "shared memory": "open('/dev/shm/sem.x', 'wb').write(b'x' * 99999)",
    "a closed folder": "os.makedirs('d/e'); os.chmod('d', 0)",
    "a deep tree": ("for _ in range(3000): os.mkdir('d'); os.chdir('d')"),
    "the folder itself": (
        "with contextlib.suppress(OSError): os.chmod('/tmp', 0o700)\n"
        "with contextlib.suppress(OSError): os.utime('/tmp', (1, 1))\n"
        "with contextlib.suppress(OSError):\n"
        "    os.setxattr('/tmp', 'user.x', b'message')"
    ),
    "a daemon": (
        "if not os.fork():\n"
        "    os.setsid()\n"
        "    if not os.fork():\n"
        "        for n in signal.valid_signals():\n"
        "            with contextlib.suppress(OSError, ValueError):\n"
        "                signal.signal(n, signal.SIG_IGN)\n"
        "        os.closerange(0, 99)\n"
        "        while True: time.sleep(1)\n"
        "    os._exit(0)"
    ),
    "many daemons": (
        "for _ in range(22):\n"
        "    if not os.fork():\n"
        "        os.setsid()\n"
        "        while True: open('/tmp/x%d' % os.getpid(), 'a').write('x')"
    ),
    "a stopped child": (
        "pid = os.fork()\n"
        "if not pid: time.sleep(99)\n"
        "os.kill(pid, signal.SIGSTOP)"
    ),
    "zombies": "for _ in range(9):\n    if not os.fork(): os._exit(0)",
    "a process that holds the pipe": "if not os.fork(): time.sleep(99)",
    "limits and priority": (
        "for pid in (0, 1):\n"
        "    for n in range(16):\n"
        "        with contextlib.suppress(OSError, ValueError):\n"
        "            resource.prlimit(pid, n, (0, 0))\n"
        "    for f in (lambda: os.setpriority(os.PRIO_PROCESS, pid, 19),\n"
        "              lambda: os.setpriority(os.PRIO_USER, 0, 19),\n"
        "              lambda: os.sched_setaffinity(pid, {0}),\n"
        "              lambda: os.sched_setscheduler(pid, os.SCHED_IDLE,\n"
        "                                            os.sched_param(0))):\n"
        "        with contextlib.suppress(OSError): f()\n"
        "os.umask(0o777)"
    ),
    "signals to the template": (
        "for n in signal.valid_signals():\n"
        "    with contextlib.suppress(OSError): os.kill(1, n)\n"
        "for n in signal.valid_signals():\n"
        "    if n not in (9, 19):\n"
        "        with contextlib.suppress(OSError, ValueError):\n"
        "            signal.signal(n, signal.SIG_IGN)\n"
        "with contextlib.suppress(OSError): os.kill(-1, 9)"
    ),
    "writing to every descriptor": (
        "for fd in range(64):\n"
        "    with contextlib.suppress(OSError):\n"
        '        os.write(fd, b\'{"over": 1, "status": 0}\' * 100)'
    ),
    "closing every descriptor": "os.closerange(0, 999)",
    "killing itself": "os.kill(os.getpid(), 9)",
    "stopping itself": "os.kill(os.getpid(), signal.SIGSTOP)",
}
IMPORTS = "import contextlib, os, resource, signal, time\nos.chdir('/tmp')\n"


@pytest.fixture(scope="module")
def clean():
    return run_scripts(["pass", LOOK], ALL, QUICK, 10)[1].stdout


@pytest.mark.parametrize("what", LEFT_BEHIND)
def test_nothing_is_left_for_the_next_child(what, clean):
    source = IMPORTS + LEFT_BEHIND[what]
    first, second = run_scripts([source, LOOK], ALL, QUICK, 2)
    assert "SyntaxError" not in first.stdout
    assert second.stdout == clean
    assert second.status == 0


def test_without_the_sweep_a_file_would_be_left():
    walls = Walls(sweep=False)
    source = "import os; print(os.listdir('/tmp'))"
    ran = run_scripts(["open('/tmp/x', 'w')", source], walls, QUICK, 5)
    assert ran[1].stdout == "['x']\n"


# --- the template itself ---------------------------------------------------

REACH = """
import ctypes, os
reached = []
for name in ("mem", "maps", "environ", "fd", "fdinfo", "map_files", "cwd",
             "root", "exe", "auxv", "stack", "syscall", "pagemap", "ns/net",
             "task/1/mem", "task/1/fd", "smaps", "personality"):
    path = "/proc/1/" + name
    for how in (os.listdir, os.readlink, lambda p: open(p, "rb").read(9)):
        try: how(path)
        except OSError: continue
        reached.append(name)
for name in ("mem", "oom_score_adj", "comm", "clear_refs", "coredump_filter",
             "timerslack_ns", "sched", "autogroup", "attr/current",
             "loginuid", "setgroups", "uid_map"):
    try: os.write(os.open("/proc/1/" + name, os.O_WRONLY), b"1")
    except OSError: continue
    reached.append("write " + name)
libc = ctypes.CDLL(None, use_errno=True)
if libc.ptrace(16, 1, 0, 0) != -1: reached.append("ptrace")
buffer = ctypes.create_string_buffer(8)
class Piece(ctypes.Structure):
    _fields_ = ("at", ctypes.c_void_p), ("size", ctypes.c_size_t)
piece = Piece(ctypes.addressof(buffer), 8)
for call in (libc.process_vm_readv, libc.process_vm_writev):
    if call(1, ctypes.byref(piece), 1, ctypes.byref(piece), 1, 0) != -1:
        reached.append(call.__name__)
pidfd = os.pidfd_open(1)
for fd in range(10):
    if libc.syscall(438, pidfd, fd, 0) != -1: reached.append("pidfd_getfd")
print(reached)
"""


def test_the_template_cannot_be_reached():
    assert run_script(REACH, ALL, QUICK, 5).stdout == "[]\n"
    down = run_script(REACH, Walls(shield=False), QUICK, 5).stdout
    assert "environ" in down
    assert "fd" in down


def test_the_template_cannot_be_reached_in_the_box_of_a_plain_user():
    source = (
        "import sys; sys.path.insert(0, 'tests')\n"
        "import test_template as t\n"
        "print(t.run_script(t.REACH, t.ALL, t.QUICK, 5).stdout, end='')\n"
        "clean = t.run_scripts(['pass', t.LOOK], t.ALL, t.QUICK, 10)[1]\n"
        "for what, source in t.LEFT_BEHIND.items():\n"
        "    ran = t.run_scripts([t.IMPORTS + source, t.LOOK], t.ALL,\n"
        "                        t.QUICK, 1)\n"
        "    if ran[1].stdout != clean.stdout: print(what, ran[1], clean)\n"
    )
    assert run_as_plain_user(source) == "[]\n"


def test_a_child_holds_no_way_to_the_trusted_side_but_its_own_pipe():
    source = (
        "import os\n"
        "for fd in sorted(map(int, os.listdir('/proc/self/fd'))):\n"
        "    try: print(fd, os.readlink(f'/proc/self/fd/{fd}')[:5])\n"
        "    except OSError: pass\n"
    )
    with Box(QUICK) as box:
        lines = box.run_cell("a", source).output.splitlines()
    assert [line.split()[1] for line in lines] == (
        ["/dev/"] * 3 + ["pipe:"] * 2
    )


def test_the_template_holds_nothing_of_an_earlier_submission():
    """A secret of one child is not in the memory of the next."""
    secret = "canary-" + "of-the-first"
    find = (
        "import re\n"
        "parts = ('canary-', 'of-the-first')\n"
        "found = 0\n"
        "with open('/proc/self/maps') as maps:\n"
        "    areas = [l.split()[:2] for l in maps if 'vvar' not in l\n"
        "             and 'vsyscall' not in l]\n"
        "import ctypes\n"
        "for area, rights in areas:\n"
        "    if not rights.startswith('rw'): continue\n"
        "    start, end = (int(x, 16) for x in area.split('-'))\n"
        "    data = ctypes.string_at(start, end - start)\n"
        "    found += data.count(''.join(parts).encode())\n"
        "print(found)\n"
    )
    with Box(QUICK) as box:
        box.run_cell("a", f"x = [{secret!r} + str(i) for i in range(9)]")
        assert int(box.run_cell("b", find).output) > 0  # it can be found
    # Built at run time: the text of the cell must not hold the secret.
    with Box(QUICK) as box:
        run = box.run_cell("a", find)
    assert run.error is None, run
    # Joining the parts makes one.
    assert int(run.output) <= 2


# --- submissions in one box ------------------------------------------------


@contextlib.contextmanager
def one_bubble():
    """The box that the next submissions share."""
    bubblewrap.close_idle()
    with Box(QUICK) as box:
        assert box.run_cell("a", "pass").error is None
    [bubble] = bubblewrap._IDLE
    yield bubble
    bubblewrap.close_idle()


def test_one_template_serves_many():
    with one_bubble() as bubble:
        for i in range(5):
            with Box(QUICK) as box:
                assert box.run_cell("a", f"print({i})").output == f"{i}\n"
        assert [bubble] == bubblewrap._IDLE
        assert bubble.children == 6


def test_a_hang_costs_a_child_and_not_a_box():
    with one_bubble() as bubble, Box(QUICK) as box:
        box.run_cell("a", "n = 1\ndef hang():\n    while True: pass")
        started = time.monotonic()
        with pytest.raises(sandbox.BoxFailure):
            box.call("hang", (), {})
        assert box.run_cell("b", "print(n)").output == "1\n"
        assert time.monotonic() - started < QUICK.call_seconds + 1
        assert box.starts == 2
        assert bubble.children == 3


def test_after_many_children_a_fresh_box(monkeypatch):
    monkeypatch.setattr(bubblewrap, "MANY_CHILDREN", 3)
    with one_bubble() as bubble:
        for _ in range(4):
            with Box(QUICK) as box:
                box.run_cell("a", "pass")
        assert bubblewrap._IDLE[0] is not bubble
        assert not bubble.usable


def test_a_waiting_box_that_was_killed_is_replaced_unnoticed():
    with one_bubble() as bubble:
        signal.pidfd_send_signal(bubble._template, signal.SIGKILL)
        with Box(QUICK) as box:  # at once: it may still look alive
            assert box.run_cell("a", "print(1)").output == "1\n"
            assert box.starts == 1


def test_boxes_of_two_threads_are_two():
    with Box(QUICK) as one, Box(QUICK) as two:
        one.run_cell("a", "open('/tmp/x', 'w').write('one')")
        source = "import os; print(os.listdir('/tmp'))"
        assert two.run_cell("a", source).output == "[]\n"
        assert one.run_cell("b", source).output == "['x']\n"


def test_chance_is_the_same_for_everybody():
    """What a submission earns does not depend on who came before."""
    source = "import random; print(random.random(), hash('a'), id)"
    outputs = set()
    for _ in range(3):
        with Box(QUICK) as box:
            outputs.add(box.run_cell("a", source).output)
    assert len(outputs) == 1


def test_modules_of_the_release_are_there_at_once():
    source = "import sys; print('colorsys' in sys.modules)"
    for preload, there in (
        ((), "False\n"),
        (("colorsys", "absent"), "True\n"),
    ):
        with Box(QUICK, preload=preload) as box:
            assert box.run_cell("a", source).output == there


def test_what_an_import_writes_is_no_surprise():
    bubblewrap.close_idle()
    for _ in range(2):
        with Box(QUICK, preload=("matplotlib.pyplot",)) as box:
            source = "import os, sys; print(os.listdir('/tmp'))"
            assert box.run_cell("a", source).output == "[]\n"
    assert [bubble.children for bubble in bubblewrap._IDLE] == [2]


def test_an_import_that_starts_threads_is_refused():
    """A fork does not copy threads; what they hold would stay locked."""
    with Box(QUICK, preload=("threads_for_a_test",)) as box:
        assert box.run_cell("a", "print(1)").output == "1\n"  # no such module
    source = (
        "import threading, time\n"
        "threading.Thread(target=time.sleep, args=(1,)).start()\n"
    )
    code = source + "import template\ntemplate.preload(['json'])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=layout.HERE,
        check=False,
    )
    assert "importing json starts threads" in done.stderr


def test_torch_in_the_template_has_one_thread_and_works_after_the_fork():
    source = (
        "import torch\n"
        "x = torch.ones(64, 64, requires_grad=True)\n"
        "(x @ x).sum().backward()\n"
        "print(torch.get_num_threads(), x.grad.sum().item())\n"
        "print(len(__import__('os').listdir('/proc/self/task')))"
    )
    for _ in range(2):
        with Box(QUICK, preload=("torch",)) as box:
            run = box.run_cell("a", source)
            assert run.output == "1 524288.0\n1\n", run


def test_a_template_whose_trusted_side_dies_ends():
    bubble = Bubble(QUICK)
    bubble.spawn({"do": "script"}).close()
    bubble._started.control.close()
    ended = os.pidfd_open(bubble._started.process.pid)
    assert select.select([ended], [], [], 10)[0]
    os.close(ended)
    bubble.close()
