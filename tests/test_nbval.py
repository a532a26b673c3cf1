"""Guards of the notebook comparison itself: does nbval, with our tolerance,
notice what it must and forgive what it may?"""

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tools.nbval_tolerance import snap

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize(
    ("fresh", "stored"),
    [
        ("loss 1.23456788", "loss 1.23456789"),
        ("[0.30000000000000004]", "[0.30000000000000010]"),
        ("1.0e-07", "1.1e-07"),  # below the absolute tolerance
    ],
)
def test_float_noise_is_forgiven(fresh, stored):
    assert snap(fresh, stored) == stored


@pytest.mark.parametrize(
    ("fresh", "stored"),
    [
        ("loss 1.25", "loss 1.24"),
        ("13 tokens", "12 tokens"),  # integers are exact
        ("loss 1.2345", "Loss 1.2345"),
        ("0.5 0.5", "0.5"),
        ("-0.5", "0.5"),
    ],
)
def test_real_differences_are_not_forgiven(fresh, stored):
    assert snap(fresh, stored) != stored


def drawing(path, label="1.50", plot="0a1b2c3d", width="0.8"):
    return (
        f'<svg id="plot-{plot}"><title id="plot-{plot}-title">A</title>'
        f'<path d="{path}" stroke-width="{width}"/><text>{label}</text>'
        f'<use clip-path="url(#plot-{plot}-p{plot}ab)"/></svg>'
    )


@pytest.mark.parametrize(
    "fresh",
    [
        drawing("M10 20.2L-3.1 40.71"),
        drawing("M10.3 20L-3.1 40.7", plot="00000001"),
        drawing("M10 20L-3 41", label="1.501"),
    ],
)
def test_a_drawing_may_move_by_half_a_pixel(fresh):
    stored = drawing("M10 20L-3.1 40.71")
    assert snap(fresh, stored) == stored


@pytest.mark.parametrize(
    "fresh",
    [
        drawing("M10 20.6L-3.1 40.71"),
        drawing("M10 20L3.1 40.71"),  # mirrored
        drawing("M10 20L-3.1 40.71L1 1"),
        drawing("M10 20L-3.1 40.71", label="1.60"),  # a number to read
        drawing("M10 20L-3.1 40.71", width="1.2"),
    ],
)
def test_a_changed_drawing_is_not_forgiven(fresh):
    stored = drawing("M10 20L-3.1 40.71")
    assert snap(fresh, stored) != stored


def run_nbval(folder: Path, source: str, stored: str | None) -> int:
    cell = nbformat.v4.new_code_cell(source, execution_count=1)
    if stored is not None:
        cell.outputs = [nbformat.v4.new_output("stream", text=stored)]
    nb = nbformat.v4.new_notebook(cells=[cell])
    path = folder / "chapter.ipynb"
    nbformat.write(nb, path)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    command += [
        "--nbval",
        "--nbval-current-env",
        "-c",
        ROOT / "pyproject.toml",
    ]
    command += ["--rootdir", ROOT, "-p", "tools.nbval_tolerance", path]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    return done.returncode


def test_a_changed_output_fails(tmp_path):
    assert run_nbval(tmp_path, "print(1 + 1)", "3\n") == 1


def test_a_removed_output_fails(tmp_path):
    assert run_nbval(tmp_path, "print(1 + 1)", None) == 1


def test_a_true_output_with_float_noise_passes(tmp_path):
    assert run_nbval(tmp_path, "print(0.1 + 0.2)", "0.3000000000001\n") == 0
