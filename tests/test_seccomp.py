"""System calls: what Python does not need is refused, the rest works."""

import errno
import sys
from dataclasses import replace

import pytest

from scratchgrade import seccomp
from scratchgrade.bubblewrap import run_script
from scratchgrade.limits import Limits, NoBox
from scratchgrade.walls import Walls

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="the box needs Linux"
)
ALL = Walls()

CALL = """
import ctypes, json
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *args):
    ctypes.set_errno(0)
    libc.syscall(number, *map(ctypes.c_long, args))
    return ctypes.get_errno()
"""


def run(source, walls=ALL):
    ran = run_script(source, walls, Limits(), 20)
    assert (ran.status, ran.reason) == (0, ""), ran
    return ran.stdout.strip()


@pytest.fixture(scope="module")
def numbers():
    import pyseccomp

    names = " ".join(seccomp.REFUSED.values()).split()
    found = {name: seccomp._number(name, pyseccomp) for name in names}
    return {name: n for name, n in found.items() if n is not None}


def test_each_refused_call_is_refused(numbers):
    assert len(numbers) > 60
    source = f"{CALL}\nprint({{n: call(n, -1, -1, -1, -1, -1, -1)"
    source += f" for n in {list(numbers.values())}}})"
    errors = eval(run(source))
    missed = {k for k, n in numbers.items() if errors[n] != errno.EPERM}
    assert missed == set()


def test_a_call_that_is_newer_than_the_list_does_not_exist(numbers):
    unknown = (
        set(range(seccomp.FIRST_SHARED, seccomp.LAST))
        - seccomp.SHARED_ALLOWED
        - set(numbers.values())
    )
    source = f"{CALL}\nprint({{call(n, -1) for n in {sorted(unknown)}}})"
    assert eval(run(source)) == {errno.ENOSYS}


def test_without_the_wall_memory_that_nobody_counts_can_be_had():
    source = (
        "import os, mmap\n"
        "for f in (lambda: os.memfd_create('x'), lambda: mmap.mmap(-1, 9)):\n"
        "    try: f(); print('got it')\n"
        "    except OSError as e: print(e.errno)\n"
    )
    assert run(source) == f"{errno.EPERM}\n{errno.EPERM}"
    down = replace(ALL, syscalls=False)
    assert run(source, down) == "got it\ngot it"


def test_no_socket_of_any_family():
    source = (
        "import socket\n"
        "made = []\n"
        "for family in range(46):\n"
        "    for kind in (1, 2, 3, 5):\n"
        "        try: made.append(socket.socket(family, kind).family)\n"
        "        except OSError: pass\n"
        "try: made += socket.socketpair()\n"
        "except OSError: pass\n"
        "print(len(made))"
    )
    assert run(source) == "0"
    assert int(run(source, replace(ALL, sockets=False))) > 0


@pytest.mark.parametrize("flag", seccomp.CLONE_NEW)
def test_no_new_namespace(flag):
    import pyseccomp

    clone = seccomp._number("clone", pyseccomp)
    unshare = seccomp._number("unshare", pyseccomp)
    source = f"{CALL}\nprint(call({clone}, {flag}), call({unshare}, {flag}))"
    assert run(source) == f"{errno.EPERM} {errno.EPERM}"


def test_ones_own_limits_can_be_lowered_and_nobody_elses():
    source = (
        "import resource as r\n"
        "r.setrlimit(r.RLIMIT_NOFILE, (99, 99))\n"
        "try: r.prlimit(1, r.RLIMIT_NOFILE, (9, 9)); print('did')\n"
        "except PermissionError: print(r.getrlimit(r.RLIMIT_NOFILE))"
    )
    assert run(source) == "(99, 99)"


def test_ordinary_python_does_not_notice():
    source = (
        "import concurrent.futures as c, subprocess, sys, tempfile, time\n"
        "import multiprocessing as m, ctypes, sqlite3, uuid, pathlib\n"
        "with c.ThreadPoolExecutor(3) as pool: list(pool.map(abs, [1, 2]))\n"
        "subprocess.run([sys.executable, '-c', '1'], check=True)\n"
        "with tempfile.NamedTemporaryFile() as f: f.write(b'x')\n"
        "p = m.get_context('fork').Process(target=abs, args=(1,))\n"
        "p.start(); p.join(); assert p.exitcode == 0\n"
        "q = m.get_context('fork').Queue(); q.put(1); assert q.get() == 1\n"
        "sqlite3.connect('/tmp/a').execute('create table t (x)')\n"
        "import numpy as np; np.linalg.svd(np.ones((9, 9)))\n"
        "print('fine')"
    )
    assert run(source) == "fine"


def test_a_missing_libseccomp_is_named_with_the_remedy(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyseccomp", None)
    with pytest.raises(NoBox, match="libseccomp2") as caught:
        seccomp.program.__wrapped__(True, True)
    assert caught.value.missing == "libseccomp"
