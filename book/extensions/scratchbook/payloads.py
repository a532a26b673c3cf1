"""Files that some elements load, written when a site is built.

`_static/data/configurations.json` names the models of the scaling dial,
`_static/data/positions.json` is the position table that the shipped stories
checkpoint has learned, for the position explorer. Both come from the
library and its checkpoints, so none is in the repository.

`_static/pyodide/` is the Python that runs in pages, from the npm package
that `course.py` installs; `manifest.json` beside it says which, and how many
bytes a reader loads. Without the package the site builds all the same: the
manifest then says 0 bytes, and the exercises keep their static form.
"""

import base64
import gzip
import json
import shutil
import sys
from dataclasses import asdict
from pathlib import Path

from safetensors.numpy import load_file
from sphinx.util import logging

from scratchlm import llama, model
from scratchlm.gpt2_files import read_gpt2_config
from scratchlm.tensor_files import read_json
from scratchlm.weights import shipped_folder

logger = logging.getLogger(__name__)

PACKAGE = Path(sys.prefix) / "npm" / "node_modules" / "pyodide"
SCRIPTS = ("pyodide.mjs", "pyodide.asm.mjs")  # servers pack these themselves
LIBRARY = "python_stdlib.zip"  # packed already
PROGRAM = "pyodide.asm.wasm"
PACKED = ".packed"  # gzip; as .gz some servers would unpack it too early
NOTICE = """\
Pyodide {pyodide} (MPL-2.0) with CPython {python} (PSF-2.0), from the npm
package pyodide; {program} is packed with gzip, all else as it came. Their
sources are public under these names.
"""


# --- numbers of the library -------------------------------------------------


def configurations():
    """The models that the scaling dial names: a list of their numbers."""
    named = {
        "GPT-2 small, 124M": model.GPT_CONFIG_124M,
        "GPT-2 medium, 355M": model.GPT_CONFIG_355M,
        "GPT-2 large, 774M": model.GPT_CONFIG_774M,
        "GPT-2 XL, 1558M": model.GPT_CONFIG_1558M,
        "tiny, of the course": model.GPT_CONFIG_TINY,
        "stories, of the course": checkpoint_config("stories"),
        "austen, of the course": checkpoint_config("austen"),
        "SmolLM2, 135M": llama.SMOLLM2_CONFIG_135M,
    }
    return [
        {"name": name, "family": family(config), **asdict(config)}
        for name, config in named.items()
    ]


def family(config):
    """`gpt` or `llama`, as the dial calls them."""
    return "gpt" if isinstance(config, model.GPTConfig) else "llama"


def checkpoint_config(name):
    """The GPTConfig of a shipped checkpoint."""
    return read_gpt2_config(read_json(shipped_folder(name) / "config.json"))


def learned_positions(name="stories"):
    """A checkpoint's position table, in the int8 form of its file.

    Returns {"n_positions", "emb_dim", "scales", "levels"}: row t of the
    table is scales[t] times the row's levels, which are base64.
    """
    tensors = load_file(shipped_folder(name) / "model.safetensors")
    levels = tensors["transformer.wpe.weight"]  # (T, D) int8
    scales = tensors["transformer.wpe.weight.scale"]  # (T,) float32
    return {
        "n_positions": levels.shape[0],
        "emb_dim": levels.shape[1],
        "scales": scales.tolist(),
        "levels": base64.b64encode(levels.tobytes()).decode(),
    }


def write_data(folder):
    """Write both files into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in {
        "configurations": configurations(),
        "positions": learned_positions(),
    }.items():
        text = json.dumps(content, separators=(",", ":"))
        (folder / f"{name}.json").write_text(text, encoding="utf-8")


# --- Python for the page ----------------------------------------------------


def packed(path):
    """The bytes of a file as a server with gzip sends them."""
    return gzip.compress(path.read_bytes(), mtime=0)


def write_python(folder, package=PACKAGE):
    """Copy what runs Python in a page into `folder`; gives the manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    manifest = {"bytes": 0}
    if (package / PROGRAM).exists():
        manifest = copy_python(folder, package)
    text = json.dumps(manifest)
    (folder / "manifest.json").write_text(text, encoding="utf-8")
    return manifest


def copy_python(folder, package):
    """The files and their notice; gives versions and bytes to load."""
    for name in (*SCRIPTS, LIBRARY):
        shutil.copyfile(package / name, folder / name)
    program = packed(package / PROGRAM)
    (folder / (PROGRAM + PACKED)).write_bytes(program)
    read = read_json(package / "pyodide-lock.json")["info"]
    info = {
        "pyodide": read_json(package / "package.json")["version"],
        "python": read["python"],
    }
    notice = NOTICE.format(program=PROGRAM, **info)
    (folder / "NOTICE.txt").write_text(notice, encoding="utf-8")
    sizes = [len(program), (package / LIBRARY).stat().st_size]
    sizes += [len(packed(package / name)) for name in SCRIPTS]
    return {**info, "lock": read, "bytes": sum(sizes)}


def write(app, exception):
    """Write everything into the finished site."""
    if exception or app.builder.name not in ("html", "dirhtml"):
        return
    static = Path(app.outdir) / "_static"
    write_data(static / "data")
    if not write_python(static / "pyodide")["bytes"]:
        logger.info(
            "Python in the page is left out: the npm package pyodide is not "
            "installed. With a network, `python course.py setup` brings it."
        )


def setup(app):
    """Write when the build has finished."""
    app.connect("build-finished", write)
