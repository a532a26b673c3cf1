"""Runs a student's cells, in a process of its own, and answers calls.

Started by `sandbox.Box` as a plain script. It holds no checks, no reference
and no seed: student code in this process can patch whatever it likes, and all
it can change is the data that it sends back. `scratchgrade.checks` is a
stand-in here whose `check` does nothing, so cells that call it run through.

Messages (frames.Frame), each answered by one with the same id:

    cell  name, source            -> output, dropped, error
    call  name, value (args ...)  -> value, or error, or missing
"""

import contextlib
import importlib.util
import io
import json
import linecache
import os
import re
import sys
import types
from importlib.machinery import ModuleSpec
from pathlib import Path


def load(name):
    """A module from beside this file: the package itself stays outside."""
    here = Path(__file__).with_name(f"{name}.py")
    spec = importlib.util.spec_from_file_location(name, here)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


protocol, frames = load("protocol"), load("frames")
load("arguments"), load("counting")  # imported by the next
orders = load("orders")


def take_pipes():
    """The parent's pipes, moved away from where student code looks.

    Descriptors 0, 1 and 2 then lead nowhere, and the moved ones are not
    inherited by programs that student code starts.
    """
    reader, writer = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    return reader, writer


def limit_resources(limits: dict[str, int]) -> None:
    """Set the limits, where the system has them, before student code runs."""
    try:
        import resource
    except ImportError:  # Windows
        return
    for name, value in limits.items():
        kind = getattr(resource, f"RLIMIT_{name}")
        _, hard = resource.getrlimit(kind)
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)
        resource.setrlimit(kind, (value, value))


class CoursePackages:
    """Import hook: the course's library, and nothing of its grader."""

    def __init__(self, folders: dict[str, str]):
        self.folders = folders
        grader, checks = (
            types.ModuleType(name)
            for name in ("scratchgrade", "scratchgrade.checks")
        )
        grader.__path__ = checks.__path__ = []
        grader.checks, checks.check = checks, lambda *args, **kwargs: None
        sys.modules |= {m.__name__: m for m in (grader, checks)}

    def find_spec(self, name, path=None, target=None):
        if name in self.folders:
            folder = Path(self.folders[name])
            if (folder / "__init__.py").exists():
                return importlib.util.spec_from_file_location(
                    name,
                    folder / "__init__.py",
                    submodule_search_locations=[str(folder)],
                )
            spec = ModuleSpec(name, None, is_package=True)
            spec.submodule_search_locations = [str(folder)]
            return spec
        if name.partition(".")[0] == "scratchgrade":
            raise ModuleNotFoundError(
                f"{name} does not exist while your notebook is graded; "
                "only `from scratchgrade.checks import check` works",
                name=name,
            )
        return None


class CappedText(io.TextIOBase):
    """Standard output that keeps its first `size` characters."""

    encoding = "utf-8"

    def __init__(self, size: int):
        self.parts, self.left, self.lost = [], size, 0

    def writable(self) -> bool:
        return True

    def write(self, text) -> int:
        kept = text[: self.left]
        if kept:
            self.parts.append(kept)
        self.left -= len(kept)
        self.lost += len(text) - len(kept)
        return len(text)

    def text(self) -> str:
        end = f"\n... {self.lost:,} more characters" if self.lost else ""
        return "".join(self.parts) + end


MAGIC = re.compile(r"\s*(%|!|\?)|.*\?\s*$")
TIMED = re.compile(r"(\s*)%time\s+(?=\S)")
HARMLESS = re.compile(r"%%(time|timeit|capture)\b")


def compile_cell(source: str, filename: str):
    """Compile a cell; (code, the notebook commands left out of it).

    Jupyter's own commands (`%pylab`, `!pip`, `name?`) are no Python. A cell
    that compiles as it is is never touched, so a line of a text or of an
    expression that merely begins with % stays.

    Raises:
        SyntaxError: of the original text, if leaving them out did not help.
    """
    try:
        return compile(source, filename, "exec", dont_inherit=True), []
    except SyntaxError as error:
        lines = source.split("\n")
        first = next((i for i, line in enumerate(lines) if line.strip()), 0)
        if lines[first].startswith("%%") and not HARMLESS.match(lines[first]):
            return compile("", filename, "exec"), [lines[first]]
        lines = [TIMED.sub(r"\1", line) for line in lines]
        dropped = [line for line in lines if MAGIC.match(line)]
        kept = ["" if MAGIC.match(line) else line for line in lines]
        with contextlib.suppress(SyntaxError):
            code = compile("\n".join(kept), filename, "exec", 0, True)
            return code, dropped
        raise error


class Worker:
    def __init__(self, output_chars: int):
        self.output_chars = output_chars
        # Classes of the student live in a module __main__, as in Jupyter.
        main = types.ModuleType("__main__")
        sys.modules |= {"__main__": main, "_worker": sys.modules["__main__"]}
        self.namespace = main.__dict__
        self.namespace["display"] = print

    def answer(self, frame):
        output = CappedText(self.output_chars)
        action = {"cell": self.cell, "call": self.call}[frame.head["do"]]
        with (
            contextlib.redirect_stdout(output),
            contextlib.redirect_stderr(output),
        ):
            try:
                head, value = action(frame)
            except BaseException as error:
                if not isinstance(error, protocol.StudentError):
                    error = protocol.student_error(error)
                head, value = (
                    {"error": [error.kind, error.message, error.line]},
                    (b"", b""),
                )
        return frames.Frame(head | {"output": output.text()}, value)

    def cell(self, frame):
        name, source = frame.head["name"], frame.head["source"]
        filename = f"<{name}>"
        lines = source.splitlines(keepends=True)
        linecache.cache[filename] = len(source), None, lines, filename
        try:
            code, dropped = compile_cell(source, filename)
        except SyntaxError as error:
            line = (error.text or "").strip()[:120]
            where = f"{error.msg} (line {error.lineno})"
            raise protocol.StudentError(
                type(error).__name__, where, line
            ) from None
        error = None
        try:
            exec(code, self.namespace)
        except BaseException as raised:
            found = protocol.student_error(raised)
            error = [found.kind, found.message, found.line]
        dropped = [line.strip()[:80] for line in dropped[:20]]
        return {"dropped": dropped, "error": error}, (b"", b"")

    def call(self, frame):
        name = frame.head["name"]
        if name not in self.namespace:
            return {"missing": True}, (b"", b"")
        return {}, orders.perform(self.namespace, name, frame.value)


def prepare(path: list[str], packages: dict[str, str]) -> None:
    """Let imports find packages and the course's library, no grader."""
    sys.path += path
    sys.meta_path.insert(0, CoursePackages(packages))


def serve(reader, writer, output_chars: int) -> None:
    """Answer the grader's messages until it is gone."""
    worker = Worker(output_chars)
    frames.write_frame(writer, frames.Frame({"id": 0}))
    while True:
        try:
            frame = frames.read_frame(reader)
        except EOFError:  # the grader is gone
            os._exit(0)
        number = {"id": frame.head["id"]}
        reply = worker.answer(frame)
        try:
            frames.write_frame(
                writer, reply._replace(head=reply.head | number)
            )
        except frames.BadFrame as error:
            head = number | {"error": ["ValueError", str(error), ""]}
            frames.write_frame(writer, frames.Frame(head))


def main() -> None:
    """A plain process, without a template and without its box."""
    settings = json.loads(sys.argv.pop(1))
    reader, writer = take_pipes()
    for name, value in settings["limits"].items():
        # Not every system has every limit; the box proper has all of them.
        with contextlib.suppress(ValueError, OSError, AttributeError):
            limit_resources({name: value})
    prepare(settings["path"], settings["packages"])
    serve(reader, writer, settings["output_chars"])


if __name__ == "__main__":
    main()
