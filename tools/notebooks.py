"""Re-execute notebooks and write them in one canonical form.

    python tools/notebooks.py                 chapters and solutions, all
    python tools/notebooks.py book/x.ipynb    only this one
    python tools/notebooks.py --check         execute nothing, change nothing;
                                              fail if one is not canonical

Canonical means: cell ids as the author gave them, execution counts 1 to n,
no time stamps, no widget state, no metadata of an editor, streams joined. So
a diff shows what changed in the course and nothing else.
"""

import argparse
import sys
import time
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
CELL_METADATA = ("tags", "nbgrader", "mystnb", "deletable", "editable")
KERNEL = {
    "display_name": "Python 3 (ipykernel)",
    "language": "python",
    "name": "python3",
}


def all_notebooks() -> list[Path]:
    """The executed notebooks of the course: chapters and solutions."""
    found = [*ROOT.glob("book/**/*.ipynb"), *ROOT.glob("solutions/*/*.ipynb")]
    return sorted(p for p in found if ".ipynb_checkpoints" not in p.parts)


def canonical(nb: nbformat.NotebookNode) -> str:
    """The notebook's text in canonical form; the notebook is not changed."""
    nb = nbformat.from_dict(nb)
    nb.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    nb.nbformat, nb.nbformat_minor = 4, 5
    count = 0
    for cell in nb.cells:
        cell.metadata = {
            key: cell.metadata[key]
            for key in CELL_METADATA
            if key in cell.metadata
        }
        if cell.cell_type != "code":
            cell.pop("outputs", None)
            continue
        count += 1
        ran = cell.execution_count is not None
        cell.execution_count = count if ran else None
        cell.outputs = [_clean(o, count) for o in _joined(cell.outputs)]
    return nbformat.writes(nb, indent=1, sort_keys=True) + "\n"


def _joined(outputs: list) -> list:
    """Join neighbouring pieces of one stream: where they break is chance."""
    joined: list = []
    for output in outputs:
        last = joined[-1] if joined else {}
        if (
            output.output_type == "stream"
            and last.get("output_type") == "stream"
            and last.name == output.name
        ):
            joined[-1] = nbformat.from_dict(
                {**last, "text": last.text + output.text}
            )
        else:
            joined.append(output)
    return joined


def _clean(output, count: int):
    output = nbformat.from_dict(output)
    if output.output_type == "execute_result":
        output.execution_count = count
    if "metadata" in output:
        output.metadata = {}
    return output


def execute(path: Path) -> nbformat.NotebookNode:
    """Run every cell from a fresh kernel in the notebook's own folder."""
    from nbclient import NotebookClient

    nb = nbformat.read(path, as_version=4)
    client = NotebookClient(
        nb, timeout=600, kernel_name="python3", record_timing=False
    )
    client.execute(cwd=str(path.parent))
    return nb


def shown(path: Path) -> str:
    path = path.resolve()
    return str(path.relative_to(ROOT) if ROOT in path.parents else path)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("paths", nargs="*", type=Path)
    arguments = parser.parse_args()
    paths = arguments.paths or all_notebooks()
    for number, path in enumerate(paths, 1):
        if not path.exists():
            print(f"notebooks: {path} does not exist", file=sys.stderr)
            return 1
        begun = time.monotonic()
        before = path.read_text(encoding="utf-8")
        if arguments.check:
            nb = nbformat.reads(before, as_version=4)
        else:
            print(f"[{number}/{len(paths)}] {shown(path)} ...", flush=True)
            try:
                nb = execute(path)
            except Exception as error:  # the kernel's own error, any class
                print(f"{shown(path)}: {error}", file=sys.stderr)
                return 1
        after = canonical(nb)
        if arguments.check:
            if before != after:
                print(
                    f"{shown(path)} is not canonical: run `make notebooks`",
                    file=sys.stderr,
                )
                return 1
            continue
        path.write_text(after, encoding="utf-8", newline="\n")
        verb = "unchanged" if before == after else "written"
        print(f"    {verb}, {time.monotonic() - begun:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
