"""The static rule: what an exercise forbids is found, and only flagged."""

import json
import time
from types import SimpleNamespace

import pytest

from scratchgrade import static
from scratchgrade.intake import Step
from scratchgrade.record import Record

SDPA = "torch.nn.functional.scaled_dot_product_attention"
FORBIDS = (SDPA, "numpy.convolve", ".softmax")


def flags(*cells, forbids=FORBIDS, before=()):
    """The flags of an exercise's cells, and of cells of an earlier one."""
    steps = [Step(f"b{i}", "extra", text) for i, text in enumerate(before)]
    steps.append(Step("check-0", "check", 'check("4.1", g)'))
    steps += [Step(f"c{i}", "extra", text) for i, text in enumerate(cells)]
    steps.append(Step("check-1", "check", 'check("4.2", f)'))
    exercises = {
        "check-0": SimpleNamespace(id="4.1", forbids=()),
        "check-1": SimpleNamespace(id="4.2", forbids=forbids),
    }
    return static.flags(steps, exercises)


@pytest.mark.parametrize(
    "source",
    [
        f"import torch\n{SDPA}(q, k, v)",
        "import torch.nn.functional as F\n"
        "F.scaled_dot_product_attention(q, k, v)",
        "import torch.nn.functional\n"
        "torch.nn.functional.scaled_dot_product_attention(q, k, v)",
        "import torch as t\nt.nn.functional.scaled_dot_product_attention(q)",
        "from torch import nn\nnn.functional.scaled_dot_product_attention(q)",
        "from torch.nn import functional as G\n"
        "def f(q):\n    return G.scaled_dot_product_attention(q, q, q)",
        "from torch.nn.functional import scaled_dot_product_attention",
        "from torch.nn.functional import scaled_dot_product_attention as s\n"
        "s(q, k, v)",
        "from torch.nn.functional import *\nscaled_dot_product_attention(q)",
        "import torch\nG = torch.nn.functional\n"
        "def f(q): return G.scaled_dot_product_attention(q)",
        "import torch.nn.functional as F\n"
        "getattr(F, 'scaled_dot_product_attention')(q)",
        "__import__('torch.nn.functional').scaled_dot_product_attention(q)",
        "import importlib\n"
        "F = importlib.import_module('torch.nn.functional')\n"
        "F.scaled_dot_product_attention(q)",
        f"import torch\nexec('y = {SDPA}(q, k, v)')",
        f"%matplotlib inline\nimport torch\n{SDPA}(q)",
        "class A:\n    def f(self, q):\n"
        "        from torch.nn import functional as F\n"
        "        return F.scaled_dot_product_attention(q)",
        f"import torch\nattend = {SDPA}",
    ],
)
def test_a_forbidden_call_is_found_under_any_name(source):
    (first, *others) = flags(source)
    assert first.startswith("4.2, the cell c0, line ")
    assert first.endswith(f"uses {SDPA}")
    assert all(flag.endswith(SDPA) for flag in others)


def test_the_line_is_that_of_the_use():
    found = flags("import numpy as np\n\n\ny = np.convolve(x, w)")
    assert found == ["4.2, the cell c0, line 4: uses numpy.convolve"]


def test_an_attribute_of_whatever_is_found():
    assert flags("p = scores.softmax(-1)\nq = getattr(s, 'softmax')(-1)") == [
        "4.2, the cell c0, line 1: uses .softmax",
        "4.2, the cell c0, line 2: uses .softmax",
    ]


@pytest.mark.parametrize(
    "source",
    [
        "",
        "# torch.nn.functional.scaled_dot_product_attention",
        f"'''Do not use {SDPA}.'''",
        "def scaled_dot_product_attention(q): return q",
        "import numpy as np\nnp.dot(x, w)",
        "import torch\ntorch.nn.functional.relu(x)",
        "convolve = lambda x: x\nconvolve(numpy)",
        "softmax(x)",
    ],
)
def test_what_is_allowed_is_not_flagged(source):
    assert flags(source) == []


def test_a_call_in_another_exercise_counts_if_it_is_used_from_there():
    helper = f"import torch\ndef helper(q): return {SDPA}(q, q, q)"
    assert flags("def f(q): return q", before=[helper]) == []
    assert flags("def f(q): return helper(q)", before=[helper]) == [
        f"4.2, the cell b0, line 2: uses {SDPA}"
    ]
    chain = [helper, "def g(q): return helper(q)"]
    assert flags("def f(q): return g(q)", before=chain)


def test_an_import_in_another_cell_gives_the_name_its_meaning():
    assert flags(
        "def f(q): return F.scaled_dot_product_attention(q)",
        before=["import torch.nn.functional as F"],
    )


def test_an_exercise_that_forbids_nothing_has_no_flags():
    source = f"import torch\n{SDPA}(q)"
    assert flags(source, forbids=()) == []


@pytest.mark.parametrize(
    "source",
    [
        "def f(:",
        "\0",
        "(" * 10_000,
        "x = " + "+".join("x" * 50_000),
        "torch" + ".nn" * 50_000,
        "f = " + "-" * 50_000 + "1",
        "a\n" * 100_000,
        "".join(f"f{i} = f{i - 1}.a\n" for i in range(9_000)),
        "".join(f"f = f.a{i % 7}\n" for i in range(20_000)),
        "from a import *\n" * 5_000 + "b.c\n" * 20_000,
        "".join(f"def f{i}(): f{i + 1}()\n" for i in range(8_000)),
        "x" * 400_000,
    ],
    ids=range(12),
)
def test_hostile_cells_take_little_time_and_no_exception(source):
    started = time.process_time()
    found = flags(source)
    assert time.process_time() - started < 10
    assert len(found) <= 1


def test_a_notebook_has_at_most_fifty_flags():
    assert len(flags("x.softmax()\n" * 500)) == 50


def test_what_is_too_long_to_be_read_is_said():
    assert flags("x = 1\n" * 60_000) == ["the cell c0 is too long to be read"]


def test_a_record_keeps_flags_and_an_old_record_has_none():
    record = Record("a", "s", "", "v", "k", {}, flags=["4.2, the cell c0"])
    assert Record.from_json(record.to_json()) == record
    data = json.loads(record.to_json())
    del data["flags"]
    assert Record.from_json(json.dumps(data)).flags == []
