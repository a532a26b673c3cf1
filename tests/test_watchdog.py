"""The watchdog: what no limit of one process can hold is held."""

import sys
import time
from dataclasses import replace

import pytest

from scratchgrade.bubblewrap import Bubble, run_script, run_scripts
from scratchgrade.limits import Limits
from scratchgrade.walls import Walls

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="the box needs Linux"
)
ALL = Walls()
MIB = 1 << 20
SMALL = Limits(total_bytes=300 * MIB, tmp_bytes=150 * MIB, tmp_files=500)
FORKS = "import os, time\nfor _ in range(2): os.fork()\n"  # four processes
HOLD = "x = bytearray(b'x') * ({} << 20)\ntime.sleep(2)\n"


def run(source, walls=ALL, limits=SMALL, seconds=10):
    return run_script(source, walls, limits, seconds)


def test_memory_of_all_processes_together_is_limited():
    ran = run(FORKS + HOLD.format(100))
    assert "300 MiB of memory in all" in ran.reason
    assert ran.status is None
    # Each of them alone is within the limit.
    assert run("import time\n" + HOLD.format(100)).reason == ""
    down = replace(ALL, watchdog=False)
    assert run(FORKS + HOLD.format(100), down).reason == ""


def test_a_page_that_many_hold_counts_once():
    ran = run("x = bytearray(b'x') * (120 << 20)\n" + FORKS + "time.sleep(1)")
    assert (ran.status, ran.reason) == (0, "")


def test_what_lies_in_tmp_is_memory():
    source = (
        "import time\n"
        "x = bytearray(b'x') * (190 << 20)\n"
        "with open('/tmp/x', 'wb') as f:\n"
        "    f.write(x[:60 << 20])\n"
        "    open('/tmp/y', 'wb').write(x[:60 << 20])\n"
        "time.sleep(2)\n"
    )
    assert "of memory in all" in run(source).reason


def test_files_removed_while_open_are_still_counted():
    source = (
        "import os, time\n"
        "held = []\n"
        "for i in range(600):\n"
        "    held.append(os.open('/tmp/x', os.O_CREAT | os.O_RDWR))\n"
        "    os.unlink('/tmp/x')\n"
        "time.sleep(2)\n"
    )
    limits = replace(SMALL, open_files=700)
    assert "500 files" in run(source, limits=limits).reason


@pytest.mark.parametrize("make", ["open(f'/tmp/{i}', 'w')",
                                  "os.mkdir(f'/tmp/{i}')",
                                  "os.symlink('x', f'/tmp/{i}')",
                                  "os.mkfifo(f'/tmp/{i}')"])  # fmt: skip
def test_a_flood_of_empty_files_is_stopped(make):
    source = f"import os, time\nfor i in range(20_000): {make}\ntime.sleep(2)"
    assert "500 files" in run(source).reason


def test_processes_are_counted_when_their_own_limit_is_down():
    source = (
        "import os, time\n"
        "for i in range(30):\n"
        "    if not os.fork(): break\n"
        "time.sleep(2)\n"
    )
    refused = run(source)
    assert "Resource temporarily unavailable" in refused.stdout
    free = run(source, replace(ALL, limits=False))
    assert free.reason == "ran more than 24 processes"


def test_a_box_that_was_stopped_is_replaced():
    flood = "import time\nfor i in range(9_999): open(f'/tmp/{i}', 'w')\n"
    first, second = run_scripts(
        [flood + "time.sleep(2)", "import os; print(os.listdir('/tmp'))"],
        *(ALL, SMALL, 10),
    )
    assert "files" in first.reason
    assert second.stdout == "[]\n"


def test_the_peak_is_that_of_one_child():
    bubble = Bubble(SMALL)
    try:
        bubble.run_script("x = bytearray(b'x') * (100 << 20)", 10)
        large = bubble.over.peak_bytes
        bubble.run_script("pass", 10)
        small = bubble.over.peak_bytes
    finally:
        bubble.close()
    assert small < 60 * MIB < 100 * MIB < large < 250 * MIB


def test_watching_costs_next_to_nothing():
    bubble = Bubble(SMALL)
    try:
        started = time.perf_counter()
        for _ in range(100):
            assert bubble._watchdog.look() == ""
        assert time.perf_counter() - started < 0.5  # 0.02 s alone
    finally:
        bubble.close()
