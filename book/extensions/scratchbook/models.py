"""The models that run in the page, and tables of what they say.

A built site with an `llm-explorer` gets the stories model and its earlier
checkpoints, written by `scratchlm.web` from the files of the course, each
fetched by the page only when the reader asks for it. `_static/models/
stories.json` lists them: {"checkpoints": [{"file", "name", "step",
"bytes"}]}, the last one being the finished model.

The directive `next-tokens` is a static twin of the explorer: what the model
finds most probable after its content, the prompt, computed while the book is
built. With `:checkpoints:` it is what each checkpoint finds.
"""

import json
import re
from functools import cache
from pathlib import Path

import torch
from docutils import nodes
from docutils.parsers.rst import directives as options
from sphinx.util import logging
from sphinx.util.console import bold
from sphinx.util.docutils import SphinxDirective

from scratchlm.web import export_web
from scratchlm.weights import load_path, shipped_folder

logger = logging.getLogger(__name__)

N_SHOWN = 5


def checkpoints():
    """[(folder, training steps)] of the stories model, the last one last."""
    folder = shipped_folder("stories")
    earlier = [
        (path, int(path.name.removeprefix("step-")))
        for path in folder.glob("step-*")
    ]
    last = (folder / "log.csv").read_text(encoding="utf-8").split("\n")[-2]
    return [
        *sorted(earlier, key=lambda found: found[1]),
        (folder, int(last.split(",")[0])),
    ]


@cache
def load(folder):
    """(model, tokenizer) of a checkpoint's folder."""
    return load_path(folder)


# --- files for the page ----------------------------------------------------


def export(folder):
    """Write all checkpoints and their list into `folder`, once."""
    listed = []
    for source, step in checkpoints():
        path = folder / f"stories-{step}.safetensors.gz"
        name = f"stories, {step:,} steps"
        if not path.exists():
            export_web(*load(source), path, name=name)
        listed.append(
            {
                "file": path.name,
                "name": name,
                "step": step,
                "bytes": path.stat().st_size,
            }
        )
    text = json.dumps({"checkpoints": listed})
    (folder / "stories.json").write_text(text + "\n", encoding="utf-8")


def export_if_used(app, exception):
    """Give the site its models when one of its pages can run them."""
    if exception or app.builder.name not in ("html", "dirhtml"):
        return
    used = any(
        "<llm-explorer" in page.read_text(encoding="utf-8")
        for page in Path(app.outdir).rglob("*.html")
    )
    if used:
        logger.info(bold("models for the page: ") + "stories")
        export(Path(app.outdir) / "_static" / "models")


# --- what the model says, in print -----------------------------------------


def visible(token):
    """A token as the explorer writes it: `␣` for a space."""
    return token.replace(" ", "␣").replace("\n", "⏎")


def next_tokens(folder, prompt):
    """[(token, probability)] after a prompt, the most probable first.

    The prompt follows the end-of-text token, as each training story did.
    """
    model, tokenizer = load(folder)
    ids = [tokenizer.special_tokens["<|endoftext|>"]]
    ids += tokenizer.encode(prompt)
    with torch.inference_mode():
        chances = model(torch.tensor([ids]))[0, -1].softmax(-1)
    found = chances.topk(N_SHOWN)
    return [
        (tokenizer.decode([token_id]), probability)
        for token_id, probability in zip(
            found.indices.tolist(), found.values.tolist(), strict=True
        )
    ]


def percent(probability):
    """One decimal; what would be rounded to all is said as such."""
    if probability > 0.9995:
        return "> 99.9 %"
    return f"{100 * probability:.1f} %"


def cell(text, as_code):
    paragraph = nodes.paragraph()
    inner = nodes.literal if as_code else nodes.inline
    paragraph += inner("", text)
    return nodes.entry("", paragraph)


def table(head, rows):
    """A table; texts between backticks are code."""
    group = nodes.tgroup(cols=len(head))
    group += [nodes.colspec(colwidth=1) for _ in head]

    def row(texts):
        return nodes.row(
            "", *[cell(text.strip("`"), text[0] == "`") for text in texts]
        )

    group += nodes.thead("", row(head))
    group += nodes.tbody("", *map(row, rows))
    return nodes.table("", group)


class NextTokens(SphinxDirective):
    """A table of the most probable next tokens after the content."""

    has_content = True
    option_spec = {"checkpoints": options.flag}  # noqa: RUF012

    def run(self):
        prompt = re.sub(r"\s+", " ", " ".join(self.content)).strip()
        if "checkpoints" not in self.options:
            folder, _ = checkpoints()[-1]
            return [
                table(
                    ["next token", "probability"],
                    [
                        [f"`{visible(token)}`", percent(probability)]
                        for token, probability in next_tokens(folder, prompt)
                    ],
                )
            ]
        rows = []
        for folder, step in checkpoints():
            token, probability = next_tokens(folder, prompt)[0]
            rows.append(
                [f"{step:,}", f"`{visible(token)}`", percent(probability)]
            )
        head = ["training steps", "most probable next token", "probability"]
        return [table(head, rows)]


def setup(app):
    """Register the directive, and the export after the build."""
    app.add_directive("next-tokens", NextTokens)
    app.connect("build-finished", export_if_used)
