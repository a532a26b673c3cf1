"""The library is read in the order of the stages, so imports point back."""

import ast
import doctest
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import scratchlm

# Each module may import those before it. A new module needs a place here.
LIGHT = ["bpe", "gpt2_vocabulary", "tokenizer", "datasets", "stories"]
STAGES = [
    *LIGHT,  # stage 1, and the texts; no torch so far
    *["windows", "token_files", "data", "documents", "mixing"],  # stage 2
    *["minhash", "deduplicate"],
    *["embeddings"],  # stage 3
    *["blocked", "kv_cache", "attention"],  # stage 4
    *["model", "llama", "costs"],  # stage 5
    *["sampling", "generate", "beam", "speculative"],
    *["speed", "loss", "evaluate", "optimizers"],  # stage 6
    *["checkpoint", "trainer"],
    *["tensor_files", "layouts", "gpt2_files", "gguf", "smollm2", "weights"],
    *["web"],
    *["corpus", "train"],
]
SUPPORT = ["notebook"]  # used by chapters, not by stages
SLOW = {"torch", "IPython", "matplotlib", "pandas", "tokenizers"}
FOREIGN = {"scratchgrade", "figures", "course"}

FOLDER = Path(scratchlm.__file__).parent
MODULES = [*STAGES, *SUPPORT]


def imports(source):
    """Every module that the source imports, wherever the statement is."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                yield "scratchlm.relative"  # refused below
            elif node.module == "scratchlm":
                yield from (f"scratchlm.{alias.name}" for alias in node.names)
            else:
                yield node.module


def wrong_imports(source, allowed):
    """Imports of the library beyond `allowed`, or of what is above it."""
    return [
        name
        for name in imports(source)
        if name.split(".")[0] in FOREIGN
        or (
            name.split(".")[0] == "scratchlm"
            and name.split(".")[1:2]
            not in [[a] for a in (*allowed, "shipped")]
        )
    ]


def allowed_for(name):
    return STAGES[: STAGES.index(name)] if name in STAGES else []


def source_of(name):
    return (FOLDER / f"{name}.py").read_text(encoding="utf-8")


def test_every_module_has_its_place():
    assert sorted(MODULES) == sorted(
        path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__"
    )


@pytest.mark.parametrize("name", MODULES)
def test_imports_point_to_earlier_stages_only(name):
    assert wrong_imports(source_of(name), allowed_for(name)) == []


@pytest.mark.parametrize(
    "source",
    [
        "import scratchlm.tokenizer",
        "from scratchlm.tokenizer import BPETokenizer",
        "from scratchlm import tokenizer",
        "from .tokenizer import BPETokenizer",
        "import scratchlm",
        "def late():\n    from scratchlm.model import GPTModel",
        "from scratchgrade.checks import check",
        "import figures.kit",
    ],
)
def test_a_wrong_import_is_found(source):
    assert wrong_imports(source, allowed_for("gpt2_vocabulary"))


def test_importing_stage_1_is_light():
    light = [*LIGHT, *SUPPORT]
    listed = ", ".join(f"scratchlm.{name}" for name in light)
    code = f"import sys, {listed}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
    )
    assert SLOW.isdisjoint(done.stdout.split())


def undocumented(source):
    """Public modules, classes and functions without a docstring."""
    tree = ast.parse(source)
    missing = [] if ast.get_docstring(tree) else ["the module"]
    named = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    for owner in [
        tree,
        *(n for n in tree.body if isinstance(n, ast.ClassDef)),
    ]:
        for node in owner.body:
            public = isinstance(node, named) and not node.name.startswith("_")
            if public and not ast.get_docstring(node):
                missing.append(node.name)
    return missing


@pytest.mark.parametrize("name", ["__init__", *MODULES])
def test_public_names_have_docstrings(name):
    assert undocumented(source_of(name)) == []


def test_a_missing_docstring_is_found():
    source = "class A:\n    '''A.'''\n    def f(self): ...\ndef _g(): ..."
    assert undocumented(source) == ["the module", "f"]


@pytest.mark.parametrize("name", MODULES)
def test_worked_examples_in_docstrings_are_true(name):
    module = importlib.import_module(f"scratchlm.{name}")
    result = doctest.testmod(module)
    assert result.attempted > 0 or ">>>" not in source_of(name)
    assert result.failed == 0


# What explains an algorithm shows it on numbers.
SHOWN = {"bpe", "tokenizer", "windows", "data", "documents", "minhash"}
SHOWN |= {"embeddings", "attention", "sampling", "generate", "optimizers"}
SHOWN |= {"loss", "evaluate", "stories"}


@pytest.mark.parametrize("name", sorted(SHOWN))
def test_algorithms_have_worked_examples(name):
    assert ">>>" in source_of(name)


def code_lines(function):
    """Lines of the body after the docstring."""
    first = function.body[bool(ast.get_docstring(function)) :][:1]
    return function.end_lineno - first[0].lineno + 1 if first else 0


def too_long(source):
    """Functions with more than 45 lines of code."""
    return [
        node.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef) and code_lines(node) > 45
    ]


def test_a_long_function_is_found():
    short = "def f():\n    'Doc.'\n" + "    x = 1\n" * 45
    assert too_long(short) == []
    assert too_long(short + "    x = 1\n") == ["f"]


@pytest.mark.parametrize("name", STAGES)
def test_a_function_fits_a_screen(name):
    assert too_long(source_of(name)) == []
