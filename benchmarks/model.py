"""How fast are the course's models beside the ones in use?

    python benchmarks/model.py                 everything, about 15 minutes
    python benchmarks/model.py train tiny      one task and size
    python benchmarks/model.py --quick         one turn each, to try it

Every contender is a process of its own with one thread; they take turns, and
the best turn of each counts, in CPU-seconds. llms-from-scratch takes part if
it is installed (pip install --no-deps llms-from-scratch). Writes model.json
and the chart model.svg; figures are discussed in benchmarks/README.md.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

HERE = Path(__file__).resolve().parent
ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
TRAINING = [
    "scratchlm",
    "scratchlm bf16",
    "best practice",
    "transformers",
    "llms-from-scratch",
    "best practice + oneDNN",
    "transformers + oneDNN",
]
ROWS = ["32 rows at once", "32 single rows"]
PEAKS = ["float32 default", "float32 oneDNN", "bf16 oneDNN"]
RACES = [  # (task, size, contenders, turns)
    ("peak", "tiny", PEAKS, 5),
    ("train", "tiny", TRAINING, 3),
    ("peak", "small", PEAKS, 5),
    ("train", "small", TRAINING, 3),
    ("peak", "124M", PEAKS, 5),
    ("train", "124M", TRAINING, 1),
    ("generate", "tiny", ["scratchlm", "transformers"], 5),
    ("generate", "small", ["scratchlm", "transformers"], 4),
    ("generate", "124M", ["scratchlm", "transformers"], 3),
    ("generate", "tiny", ROWS, 3),
    ("generate", "small", ROWS, 1),
    ("SmolLM2", "SmolLM2", ["scratchlm", "scratchlm bf16", "transformers"], 3),
    ("SmolLM2", "SmolLM2", ["scratchlm, load"], 2),
]


class Contender:
    """A process that works one turn each time it is asked."""

    def __init__(self, task, size, name):
        self.name, self.rates, self.memory = name, [], 0
        self.process = subprocess.Popen(
            [sys.executable, HERE / "contenders.py", task, size, name],
            env={**os.environ, **ONE_THREAD},
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self.answer()

    def answer(self):
        """The next line of JSON that the process prints."""
        for line in self.process.stdout:
            if line.startswith("{"):
                return json.loads(line)
        raise RuntimeError(
            f"{self.name} ended with exit code {self.process.wait()}; run "
            "contenders.py by hand to see why"
        )

    def turn(self):
        """Let it work, and note its rate."""
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        report = self.answer()
        self.rates.append(report["rate"])
        self.memory = report["memory"]

    def stop(self):
        """End the process."""
        self.process.stdin.close()
        self.process.wait()


def race(task, size, names, n_turns):
    """Let the contenders take turns; a row of figures for each."""
    if "llms-from-scratch" in names:
        try:
            version("llms-from-scratch")
        except PackageNotFoundError:
            names = [name for name in names if name != "llms-from-scratch"]
    print(f"\n{task}, {size}", flush=True)
    contenders = [Contender(task, size, name) for name in names]
    for _ in range(n_turns):
        for contender in contenders:
            contender.turn()
    for contender in contenders:
        contender.stop()
    rows = [
        {
            "task": task,
            "size": size,
            "name": contender.name,
            "rate": max(contender.rates),
            "lowest": min(contender.rates),
            "memory": contender.memory,
        }
        for contender in contenders
    ]
    for row in rows:
        print(describe(row, rows[0]["rate"]), flush=True)
    return rows


def describe(row, first):
    """One line: rate, unit, ratio to the first, memory."""
    rate, unit = row["rate"], "tokens/s"
    if row["task"] == "peak":
        rate, unit = rate / 1e9, "GFLOP/s"
    elif row["name"].endswith("load"):
        rate, unit = 1 / rate, "s"
    return (
        f"  {row['name']:<26}{rate:>10.1f} {unit:<9}"
        f"{row['rate'] / first:>7.2f}{row['memory'] / 1e6:>9.0f} MB"
    )


def conditions():
    """Where and with what this was measured."""
    names = ("torch", "transformers", "llms-from-scratch")
    found = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return {
        "processor": processor(),
        "python": platform.python_version(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        **found,
    }


def processor():
    """The processor's name, as Linux tells it."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor() or platform.machine()
    names = [x.split(":")[1] for x in text.splitlines() if "model name" in x]
    return names[0].strip() if names else platform.machine()


def chart(rows, path):
    """Training speed of every contender, relative to the fastest peer."""
    import matplotlib as mpl

    mpl.use("svg")
    import matplotlib.pyplot as plt

    mpl.rcParams["svg.hashsalt"] = "scratchlm"
    sizes = [s for s in ("tiny", "small", "124M") if select(rows, s)]
    figure, axes = plt.subplots(1, len(sizes), figsize=(11, 3.4), sharex=True)
    for axis, size in zip(axes, sizes, strict=True):
        found = select(rows, size)
        peers = ["best practice", "transformers", "llms-from-scratch"]
        best = max(rate for name, rate in found.items() if name in peers)
        names = sorted(found, key=found.get)
        ours = [name.startswith("scratchlm") for name in names]
        colors = ["#0072b2" if own else "#8b96a2" for own in ours]
        ratios = [found[name] / best for name in names]
        bars = axis.barh(names, ratios, color=colors)
        axis.bar_label(bars, fmt="%.2f", padding=2, fontsize=8)
        axis.set_title(f"{size}, tokens/s / fastest peer", fontsize=9)
        axis.tick_params(labelsize=8)
        axis.axvline(1, color="#1b1f24", linewidth=0.8)
        axis.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


def select(rows, size):
    """{contender: training rate} of one size."""
    return {
        row["name"]: row["rate"]
        for row in rows
        if row["task"] == "train" and row["size"] == size
    }


def main():
    parser = argparse.ArgumentParser(
        description="Speed of training and generating beside peers."
    )
    parser.add_argument(
        "task", nargs="?", choices=["train", "generate", "SmolLM2", "peak"]
    )
    parser.add_argument("size", nargs="?")
    parser.add_argument("--quick", action="store_true", help="one turn each")
    options = parser.parse_args()
    chosen = [
        race
        for race in RACES
        if options.task in (None, race[0]) and options.size in (None, race[1])
    ]
    about = conditions()
    print(json.dumps(about, indent=1))
    rows = []
    for task, size, names, n_turns in chosen:
        rows += race(task, size, names, 1 if options.quick else n_turns)
    if options.task is None and not options.quick:
        content = {"conditions": about, "rows": rows}
        (HERE / "model.json").write_text(json.dumps(content, indent=1) + "\n")
        chart(rows, HERE / "model.svg")
        print(f"\nwrote {HERE / 'model.json'} and model.svg")


if __name__ == "__main__":
    main()
