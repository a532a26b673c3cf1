"""The box: what student code does in it stays in it."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scratchgrade import process, sandbox
from scratchgrade.checks.kit import (
    BoxFailure,
    CourseError,
    StudentError,
    Verdict,
)
from scratchgrade.protocol import pack
from scratchgrade.sandbox import Box, Limits

QUICK = Limits(cell_seconds=2, call_seconds=1, submission_seconds=60)
posix = pytest.mark.skipif(os.name != "posix", reason="POSIX limits")
BACKENDS = ["none"] + ["bubblewrap"] * (sys.platform == "linux")


@pytest.fixture(params=BACKENDS)
def box(request):
    with Box(QUICK, request.param) as made:
        yield made


def ok(run):
    assert run.error is None, run
    return run


def test_cells_share_a_namespace_and_calls_bring_values_back(box):
    assert ok(box.run_cell("a", "n = 2\nprint('hello')")).output == "hello\n"
    ok(box.run_cell("b", "def times(x, by=1): return [x * n * by]"))
    assert box.call("times", (3,), {"by": 2}) == [12]


def test_arrays_and_tensors_pass(box):
    np = pytest.importorskip("numpy")
    ok(box.run_cell("a", "def twice(x): return {'y': x * 2, 'n': 1}"))
    got = box.call("twice", (np.arange(6.0).reshape(2, 3),), {})
    np.testing.assert_array_equal(got["y"], [[0, 2, 4], [6, 8, 10]])


def test_a_class_is_driven(box):
    source = (
        "class Tally:\n"
        "    def __init__(self, n): self.n = n\n"
        "    def add(self, k): self.n += k; return self.n"
    )
    ok(box.run_cell("a", source))
    assert box.drive("Tally", (1,), [("add", (2,)), ("add", (3,))]) == [3, 6]


def test_an_error_in_a_cell_does_not_stop_the_next(box):
    run = box.run_cell("a", "x = 1\ny = x / 0\nz = 3")
    assert run.error == ("ZeroDivisionError", "division by zero", "y = x / 0")
    assert ok(box.run_cell("b", "print(x)")).output == "1\n"


def test_a_student_error_keeps_the_line(box):
    ok(box.run_cell("a", "def f(x):\n    return x[5]\n"))
    with pytest.raises(StudentError) as caught:
        box.call("f", ([1],), {})
    assert caught.value.kind == "IndexError"
    assert caught.value.line == "return x[5]"


@pytest.mark.parametrize("how", ["exit()", "import sys; sys.exit(3)",
                                 "raise KeyboardInterrupt"])  # fmt: skip
def test_leaving_politely_is_an_error_not_a_death(box, how):
    run = box.run_cell("a", how)
    assert run.error
    assert run.verdict is None
    assert box.starts == 1


# --- names that do not exist -----------------------------------------------


def test_a_missing_name_is_said_to_be_missing(box):
    ok(box.run_cell("a", "pass"))
    with pytest.raises(StudentError, match="not defined anywhere"):
        box.call("f", (), {})


def test_a_name_is_missing_because_of_a_syntax_error(box):
    run = box.run_cell("answer-1", "def f(x)\n    return x")
    assert run.error[0] == "SyntaxError"
    with pytest.raises(StudentError, match="stopped the cell answer-1") as e:
        box.call("f", (1,), {})
    assert e.value.kind == "SyntaxError"
    assert e.value.line == "def f(x)"


def test_a_name_is_missing_because_its_cell_hung(box):
    run = box.run_cell("answer-1", "def f(): pass\nwhile True: pass")
    assert run.verdict is Verdict.TIMED_OUT
    with pytest.raises(BoxFailure, match="did not end within 2 seconds") as e:
        box.call("f", (), {})
    assert e.value.verdict is Verdict.TIMED_OUT


# --- notebook commands -----------------------------------------------------


def test_magics_and_shell_lines_are_left_out_and_reported(box):
    source = "%pylab\n!pip list\nlen?\nx = 1\n%time y = x\nprint(y)"
    run = ok(box.run_cell("a", source))
    assert run.output == "1\n"
    assert run.dropped == ("%pylab", "!pip list", "len?")


def test_a_timed_cell_runs_and_a_shell_cell_does_not(box):
    assert ok(box.run_cell("a", "%%time\nprint(1)")).output == "1\n"
    run = ok(box.run_cell("b", "%%bash\necho hi\nls"))
    assert run.dropped == ("%%bash",)


def test_python_that_looks_like_a_command_is_not_touched(box):
    source = "text = '''\n%d\n!important\n'''\nprint(text, 7\n  %4)"
    run = ok(box.run_cell("a", source))
    assert run.dropped == ()
    assert "%d\n!important" in run.output
    assert run.output.endswith("3\n")


# --- what it cannot reach --------------------------------------------------


def test_checks_are_a_stand_in_and_the_grader_is_not_there(box):
    source = (
        "from scratchgrade.checks import check\n"
        "check('1.1', None)\n"
        "import scratchgrade\n"
        "print(sorted(vars(scratchgrade.checks))[-1])\n"
        "for name in ('grade', 'store', 'checks.kit', 'checks.text'):\n"
        "    try:\n"
        "        __import__('scratchgrade.' + name)\n"
        "        print('reached', name)\n"
        "    except ModuleNotFoundError:\n"
        "        pass\n"
    )
    assert ok(box.run_cell("a", source)).output == "check\n"


def test_nothing_of_the_grader_is_in_memory(box):
    """No module, no frame and no object of the trusted side."""
    secret = "the-" + "secret-seed"
    assert secret not in sys.argv
    source = (
        "import gc, sys\n"
        "print([m for m in sys.modules if m.startswith('scratchgrade.')\n"
        "       and hasattr(sys.modules[m], '__file__')])\n"
        "print([o for o in gc.get_objects() if type(o).__name__ in\n"
        "       ('Exercise', 'Check', 'Session', 'Assignment')])\n"
        "print(sys.argv[1:])\n"
    )
    assert ok(box.run_cell("a", source)).output == "[]\n[]\n[]\n"


def test_the_environment_is_cleared(box, monkeypatch):
    monkeypatch.setenv("COURSE_SECRET", "do not show")
    source = "import os; print(sorted(os.environ)); print(os.getcwd())"
    run = ok(box.run_cell("a", source))
    names, folder = run.output.splitlines()
    assert "COURSE_SECRET" not in names
    assert "PATH" in names
    assert not Path(folder).is_relative_to(Path.cwd())


def test_the_library_of_the_course_is_there(box):
    run = ok(box.run_cell("a", "import scratchlm; print(scratchlm.__name__)"))
    assert run.output == "scratchlm\n"


def test_standard_descriptors_lead_nowhere(box):
    source = "import os; os.write(1, b'x' * 9); print(os.read(0, 9))"
    assert ok(box.run_cell("a", source)).output == "b''\n"
    assert ok(box.run_cell("b", "print(1)")).output == "1\n"


@posix
def test_programs_it_starts_do_not_get_the_pipe(box):
    source = (
        "import subprocess, sys\n"
        "code = 'import os; print([f for f in range(3, 64) "
        'if os.path.exists(f"/proc/self/fd/{f}")'
        ' and "pipe" in os.readlink(f"/proc/self/fd/{f}")])\'\n'
        "print(subprocess.run([sys.executable, '-c', code],\n"
        "      stdout=subprocess.PIPE, text=True, close_fds=False).stdout)\n"
    )
    if not Path("/proc/self/fd").exists():
        pytest.skip("needs /proc")
    assert ok(box.run_cell("a", source)).output == "[]\n\n"


def test_sets_iterate_in_the_same_order_each_time():
    outputs = set()
    for _ in range(2):
        with Box(QUICK) as box:
            source = "print(list({'a', 'b', 'c', 'd', 'e', 'f'}))"
            outputs.add(ok(box.run_cell("a", source)).output)
    assert len(outputs) == 1


# --- limits ----------------------------------------------------------------


def test_a_flood_of_output_is_capped_and_harmless(box):
    source = "for i in range(200_000): print('line', i)"
    run = ok(box.run_cell("a", source))
    assert len(run.output) < QUICK.output_chars + 100
    assert "more characters" in run.output
    ok(box.run_cell("b", "def f():\n    print('x' * 10**7)\n    return 1"))
    assert box.call("f", (), {}) == 1


def test_a_call_that_hangs_is_stopped_and_the_rest_goes_on(box):
    ok(box.run_cell("a", "def hang():\n    while True: pass"))
    ok(box.run_cell("b", "def f(): return 7"))
    started = time.monotonic()
    with pytest.raises(BoxFailure, match="did not end within 1 sec") as e:
        box.call("hang", (), {})
    assert e.value.verdict is Verdict.TIMED_OUT
    assert box.call("f", (), {}) == 7
    assert time.monotonic() - started < 30


@posix
@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("os._exit(0)", "exit code 0"),
        ("os.abort()", "SIGABRT"),
        ("os.kill(os.getpid(), 9)", "SIGKILL"),
        ("os.kill(os.getpid(), 40)", "signal 40"),
        ("ctypes.string_at(0)", "SIGSEGV"),
        ("os.closerange(0, 99); return 1", "exit code"),
    ],
)
def test_a_process_that_dies_is_a_crash_and_the_rest_goes_on(box, how, says):
    ok(box.run_cell("a", f"import os, ctypes\ndef die(): {how}"))
    ok(box.run_cell("b", "def f(): return 7"))
    with pytest.raises(BoxFailure, match=says) as caught:
        box.call("die", (), {})
    assert caught.value.verdict is Verdict.CRASHED
    assert box.call("f", (), {}) == 7


def test_a_cell_that_died_is_skipped_when_the_box_starts_again(box):
    ok(box.run_cell("a", "print('a'); n = 1"))
    dead = box.run_cell("b", "n = 2; import os; os._exit(1)")
    assert dead.verdict is Verdict.CRASHED
    assert ok(box.run_cell("c", "print(n)")).output == "1\n"
    assert box.starts == 2


def test_after_three_restarts_nothing_more_is_run(box):
    ok(box.run_cell("a", "import os\ndef die(): os._exit(1)"))
    for _ in range(4):
        with pytest.raises(BoxFailure) as caught:
            box.call("die", (), {})
        assert caught.value.verdict is Verdict.CRASHED
    with pytest.raises(BoxFailure, match="4 times") as caught:
        box.call("die", (), {})
    assert caught.value.verdict is Verdict.NOT_GRADABLE
    run = box.run_cell("b", "print(1)")
    assert run.verdict is Verdict.NOT_GRADABLE
    assert box.starts == 4


def test_the_whole_submission_has_a_limit():
    with Box(Limits(submission_seconds=1.5)) as box:
        run = box.run_cell("a", "import time; time.sleep(60)")
        assert run.verdict is Verdict.TIMED_OUT
        assert "whole notebook" in run.error[1]
        with pytest.raises(BoxFailure) as caught:
            box.call("f", (), {})
        assert caught.value.verdict is Verdict.TIMED_OUT


@posix
def test_memory_without_end_is_an_error_not_the_end():
    with Box(Limits(memory_bytes=1 << 30)) as box:
        run = box.run_cell("a", "x = bytearray(3 << 30)")
        assert run.error[0] == "MemoryError"
        assert ok(box.run_cell("b", "print(1)")).output == "1\n"


@posix
def test_a_file_without_end_is_stopped(box):
    source = (
        "with open('big', 'wb') as f:\n"
        "    for _ in range(100): f.write(b'x' * (1 << 20))"
    )
    run = box.run_cell("a", source)
    assert run.error


@posix
def test_no_process_of_a_plain_box_is_left_and_no_folder():
    box = Box(QUICK, sandbox.NONE)
    source = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c',\n"
        "                          'import time; time.sleep(600)'])\n"
        "print(child.pid)"
    )
    child = int(ok(box.run_cell("a", source)).output)
    os.kill(child, 0)  # it lives
    folder = Path(box._process._home)
    assert folder.exists()
    box.close()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and running(child):
        time.sleep(0.05)
    assert not running(child)
    assert not folder.exists()


def running(pid: int) -> bool:
    done = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True
    )
    return done.stdout.strip()[:1] not in ("", "Z")


# --- replies that are not ours ---------------------------------------------

FORGE = """
import os, struct, sys
def number():
    step = sys._getframe()
    while "frame" not in step.f_locals:
        step = step.f_back
    return step.f_locals["frame"].head["id"]
def forge(head, body=b"", magic=b"sgr1"):
    frame = struct.pack(">4sIII", magic, len(head), len(body), 0)
    for descriptor in range(3, 32):
        try:
            os.write(descriptor, frame + head + body)
        except OSError:
            pass
"""


@posix
@pytest.mark.parametrize(
    "forged",
    [
        "forge(b'{\"id\": 99}')",
        "forge(b'[]')",
        "forge(b'junk')",
        "forge(b'', magic=b'HTTP')",
        "forge(b'{\"id\": 3}', b'not data')",
    ],
)
def test_bytes_written_straight_to_the_pipe_are_a_crash(box, forged):
    ok(box.run_cell("a", FORGE))
    ok(box.run_cell("b", f"def f():\n    {forged}\n    return 1"))
    with pytest.raises(BoxFailure) as caught:
        box.call("f", (), {})
    assert caught.value.verdict is Verdict.CRASHED


@posix
def test_a_forged_reply_is_still_only_data(box):
    """Even by code that looks up what the answer must be called."""
    ok(box.run_cell("a", FORGE))
    body = pack("claimed")[0]
    source = (
        "import json\n"
        "def f():\n"
        "    head = json.dumps({'id': number()}).encode()\n"
        f"    forge(head, {body!r})\n"
        "    return 1"
    )
    ok(box.run_cell("b", source))
    assert box.call("f", (), {}) == "claimed"
    # The true reply of the worker now comes when another is expected.
    with pytest.raises(BoxFailure, match="disturbed the grader's pipe"):
        box.call("f", (), {})


@posix
def test_an_answer_cannot_be_given_before_the_question(box):
    """A number seen once is of no use for the next."""
    ok(box.run_cell("a", FORGE))
    source = (
        "import json\n"
        "seen = {'id': number()}\n"
        "def f():\n"
        "    forge(json.dumps(seen).encode())\n"
        "    return 1"
    )
    ok(box.run_cell("b", source))
    with pytest.raises(BoxFailure, match="disturbed the grader's pipe"):
        box.call("f", (), {})


HEADS = [
    {"output": 5, "error": 7, "dropped": 9},
    {"output": None, "error": [1, 2], "dropped": {"a": 1}},
    {"output": ["x"], "error": {"a": []}, "dropped": [None, 4]},
    {"output": "x" * 900_000, "error": ["a" * 9_000], "dropped": []},
]


@posix
@pytest.mark.parametrize("head", HEADS)
def test_strange_replies_to_a_cell_are_read_strictly(box, head):
    ok(box.run_cell("a", FORGE))
    source = (
        "import json\n"
        f"head = {head!r} | {{'id': number()}}\n"
        "forge(json.dumps(head).encode())"
    )
    run = box.run_cell("b", source)
    assert run.verdict is None  # it was taken for the worker's
    assert isinstance(run.output, str)
    assert len(run.output) <= 2 * QUICK.output_chars
    assert all(isinstance(text, str) for text in run.dropped)
    assert run.error is None or all(isinstance(x, str) for x in run.error)


def test_a_process_that_cannot_start_is_our_mistake(monkeypatch, tmp_path):
    broken = tmp_path / "worker.py"
    broken.write_text("raise RuntimeError('no worker today')")
    monkeypatch.setattr(process, "WORKER", broken)
    box = Box(QUICK, sandbox.NONE)
    with box, pytest.raises(CourseError, match="no worker today"):
        box.run_cell("a", "pass")


def test_starting_a_box_is_quick():
    times = []
    for _ in range(3):
        started = time.monotonic()
        with Box(QUICK) as box:
            box.run_cell("a", "pass")
        times.append(time.monotonic() - started)
    assert min(times) < 0.1  # 0.004 s when nothing else runs
