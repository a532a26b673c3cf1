"""Flags for the instructor: library calls that an exercise forbids.

Found by reading the student's cells, never by running them. A flag says where
to look. It changes no score: a name can be hidden from any reader of code
(`getattr` with a name put together at run time), and a call may stand in a
cell for good reasons, such as to compare with.

The cells of an exercise are those after the check cell before it, up to its
own; what they use by name from other cells is read as well.
"""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from scratchgrade.checks.kit import Exercise
from scratchgrade.intake import Step

MAX_READ = 300_000  # characters of one notebook; a stranger wrote them
MAX_FLAGS = 50
MAX_DOTS = 8  # of a name, torch.nn.functional.softmax has three
MAX_MEANINGS = 20  # of one name
IMPORTERS = {"__import__", "importlib.import_module"}
EVALUATORS = {"eval", "exec"}


class _Thing(NamedTuple):
    """A statement at the top of a cell."""

    cell: str
    statement: ast.stmt


def flags(
    steps: Sequence[Step], exercises: Mapping[str, Exercise]
) -> list[str]:
    """Where a notebook uses what its exercises forbid, in words, in order.

    Args:
        steps: the cells, as `intake.canonical` gives them.
        exercises: by the name of their check cell.

    >>> from types import SimpleNamespace as E
    >>> text = "import numpy as np\\nnp.convolve(x, y)"
    >>> steps = [Step("answer", "solution", text), Step("check", "check", "")]
    >>> flags(steps, {"check": E(id="1.2", forbids=["numpy.convolve"])})
    ['1.2, the cell answer, line 2: uses numpy.convolve']
    """
    if not any(e.forbids for e in exercises.values()):
        return []
    things, unread = _things(steps)
    reader = _Reader(things)
    found = list(unread)
    for check, cells in _parts(steps).items():
        exercise = exercises.get(check)
        if exercise and exercise.forbids:
            found += [
                f"{exercise.id}, the cell {thing.cell}, line {line}: uses "
                f"{name}"
                for thing in _reached(things, cells)
                for line, name in reader.uses(
                    thing.statement, exercise.forbids
                )
            ]
    return found[:MAX_FLAGS]


def _parts(steps: Sequence[Step]) -> dict[str, set[str]]:
    """The names of each exercise's cells, by its check cell."""
    parts, cells = {}, set()
    for step in steps:
        if step.role == "check":
            parts[step.name], cells = cells, set()
        else:
            cells.add(step.name)
    return parts


def _things(steps: Sequence[Step]) -> tuple[list[_Thing], list[str]]:
    """The statements of all cells, and what was too long to read."""
    things, unread, left = [], [], MAX_READ
    for step in steps:
        if step.role == "check":
            continue
        left -= len(step.source)
        if left < 0:
            unread.append(f"the cell {step.name} is too long to be read")
            break
        things += [_Thing(step.name, s) for s in _parsed(step.source)]
    return things, unread


def _parsed(source: str) -> list[ast.stmt]:
    """The statements of a cell; at need without its notebook commands."""
    for skip in ((), ("%", "!", "?")):
        lines = [
            "" if skip and line.lstrip().startswith(skip) else line
            for line in source.split("\n")
        ]
        try:
            return ast.parse("\n".join(lines)).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return []


def _reached(things: list[_Thing], cells: set[str]) -> list[_Thing]:
    """The statements of some cells, and those elsewhere that they name."""
    defining = defaultdict(list)
    for i, thing in enumerate(things):
        for name in _defined(thing.statement):
            defining[name].append(i)
    waiting = [i for i, thing in enumerate(things) if thing.cell in cells]
    reached = set(waiting)
    while waiting:
        for name in _names(things[waiting.pop()].statement):
            new = set(defining.pop(name, ())) - reached
            reached |= new
            waiting += new
    return [things[i] for i in sorted(reached)]


def _names(statement: ast.stmt) -> set[str]:
    return {
        node.id for node in ast.walk(statement) if isinstance(node, ast.Name)
    }


def _defined(statement: ast.stmt) -> set[str]:
    """The names that a statement gives a meaning to; imports apart."""
    named = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    if isinstance(statement, named):
        return {statement.name}
    return {
        node.id
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


class _Reader:
    """Finds forbidden names in statements.

    Attributes:
        aliases: what imported names stand for, anywhere in the notebook.
        stars: modules of which everything was imported.
    """

    def __init__(self, things: Iterable[_Thing]):
        self.aliases: dict[str, set[str]] = defaultdict(set)
        self.stars: list[str] = []
        for thing in things:
            for node in ast.walk(thing.statement):
                self._learn(node)

    def _learn(self, node: ast.AST) -> None:
        if isinstance(node, ast.Import):
            for name in node.names:
                first = name.name.partition(".")[0]
                meaning = name.name if name.asname else first
                self._note(name.asname or first, {meaning})
        elif isinstance(node, ast.ImportFrom) and node.module:
            for name in node.names:
                if name.name != "*":
                    meaning = f"{node.module}.{name.name}"
                    self._note(name.asname or name.name, {meaning})
                elif len(self.stars) < MAX_MEANINGS:
                    self.stars.append(node.module)
        elif isinstance(node, ast.Assign):  # f = torch.nn.functional
            meanings = self._meanings(node.value)
            for target in node.targets:
                if isinstance(target, ast.Name):
                    self._note(target.id, {m for m in meanings if "." in m})

    def _note(self, name: str, meanings: set[str]) -> None:
        short = {m for m in meanings if m.count(".") <= MAX_DOTS}
        if len(self.aliases[name] | short) <= MAX_MEANINGS:
            self.aliases[name] |= short

    def uses(
        self, statement: ast.stmt, forbids: Sequence[str]
    ) -> list[tuple[int, str]]:
        """Pairs (line, forbidden name), each once, by line."""
        return sorted(
            {
                (node.lineno, name)
                for node in ast.walk(statement)
                if isinstance(node, (ast.expr, ast.ImportFrom))
                for name in self._forbidden(node, forbids)
            }
        )

    def _forbidden(
        self, node: ast.AST, forbids: Sequence[str]
    ) -> Iterator[str]:
        if isinstance(node, ast.ImportFrom):
            meant = {f"{node.module}.{name.name}" for name in node.names}
        else:
            meant = self._meanings(node)
        attribute = f".{_attribute(node)}"
        yield from (n for n in forbids if n in meant or n == attribute)
        if _calls(node) in EVALUATORS and node.args:
            for statement in _parsed(_literal(node.args[0])):
                uses = self.uses(statement, forbids)
                yield from (name for _, name in uses)

    def _meanings(self, node: ast.AST, dots: int = 0) -> set[str]:
        """The full names that an expression may stand for."""
        if dots > MAX_DOTS:
            return set()
        if isinstance(node, ast.Name):
            everything = {f"{module}.{node.id}" for module in self.stars}
            return {node.id} | self.aliases.get(node.id, set()) | everything
        if isinstance(node, ast.Call) and node.args:
            called = self._meanings(node.func, dots + 1)
            first = node.args[0]
            if called & IMPORTERS:
                return {_literal(first)}
        else:
            first = getattr(node, "value", None)
        if name := _attribute(node):
            return {f"{m}.{name}" for m in self._meanings(first, dots + 1)}
        return set()


def _attribute(node: ast.AST) -> str:
    """The attribute that an expression asks for, by a dot or getattr."""
    if isinstance(node, ast.Attribute):
        return node.attr
    if _calls(node) == "getattr" and len(node.args) > 1:
        return _literal(node.args[1])
    return ""


def _calls(node: ast.AST) -> str:
    """The plain name that an expression calls, or ""."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id
    return ""


def _literal(node: ast.AST) -> str:
    """The text that an expression is, if it is one."""
    text = node.value if isinstance(node, ast.Constant) else ""
    return text if isinstance(text, str) else ""
