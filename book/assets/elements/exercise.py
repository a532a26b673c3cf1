"""Runs a reader's code and looks at what it does, in the page's Python.

`run` is called by python-worker.js. Only the standard library is used; the
tests run this file in ordinary Python, too.
"""

import contextlib
import io
import linecache
import math
import traceback

NAME = "your code"
LONGEST_TRACEBACK = 14  # lines
LONGEST_VALUE = 200  # characters


def run(code, checks):
    """Execute `code`, then each check in what it defined.

    A check is a mapping: `call`, an expression; `want`, an expression for
    its value; `name`, what is checked; `say`, where to look when it fails;
    `mistakes`, a list of {when, say}: `when` is an expression in `got` and
    `want` that is true for one known mistake.

    Returns {"error": text or None, "results": [{"name", "passed", "said"}]}.
    """
    linecache.cache[NAME] = (len(code), None, code.splitlines(True), NAME)
    space = {"__name__": "__main__"}
    try:
        exec(compile(code, NAME, "exec"), space)
    except BaseException as error:  # also exit() and a stray raise
        return {"error": tell(error), "results": []}
    with contextlib.redirect_stdout(io.StringIO()):
        results = [judge(check, space) for check in checks]
    return {"error": None, "results": results}


def judge(check, space):
    """One check: its name, whether it passed, and what to say if not."""
    said = examine(check, space)
    name = check.get("name") or check["call"]
    return {"name": name, "passed": said is None, "said": said}


def examine(check, space):
    """What to say of a check, None if there is nothing."""
    call = check["call"]
    try:
        got = eval(call, dict(space))
        same = equal(got, want := eval(check["want"], {}))
    except BaseException as error:
        missing = getattr(error, "name", None)
        if isinstance(error, NameError) and missing not in space:
            return f"`{missing}` is not defined. Keep its name as it was."
        return f"`{call}` stopped:\n{tell(error)}"
    if same:
        return None
    look = diagnosis(check, {**space, "got": got, "want": want})
    return f"`{call}` gave `{short(got)}`, not `{short(want)}`. {look}".strip()


def equal(got, want):
    """`==`, but floats may be off by rounding, and 1 is not True."""
    if isinstance(got, float) and isinstance(want, float):
        return math.isclose(got, want, rel_tol=1e-9, abs_tol=1e-12)
    if isinstance(got, (list, tuple)) and type(got) is type(want):
        return len(got) == len(want) and all(map(equal, got, want))
    return isinstance(got, bool) == isinstance(want, bool) and got == want


def diagnosis(check, space):
    """The words for the first known mistake that fits, else `say`."""
    for mistake in check.get("mistakes", []):
        with contextlib.suppress(Exception):  # `got` may be anything
            if eval(mistake["when"], dict(space)):
                return mistake["say"]
    return check.get("say", "")


def short(value):
    """The value as Python writes it, cut where it gets long."""
    try:
        text = repr(value)
    except Exception as error:
        return f"a {type(value).__name__} whose repr raises {error!r}"
    if len(text) > LONGEST_VALUE:
        return text[:LONGEST_VALUE] + " ..."
    return text


def tell(error):
    """The last lines of the traceback, with the reader's own frames only."""
    told = traceback.TracebackException.from_exception(error)
    frames = [frame for frame in told.stack if frame.filename == NAME]
    told.stack = traceback.StackSummary.from_list(frames)
    lines = "".join(told.format(chain=False)).splitlines()
    if not frames:
        lines = [line for line in lines if not line.startswith("Traceback")]
    if len(lines) > LONGEST_TRACEBACK:
        lines = ["...", *lines[-LONGEST_TRACEBACK:]]
    return "\n".join(lines)
