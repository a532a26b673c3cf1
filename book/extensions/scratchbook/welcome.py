"""The two pictures of the welcome page.

`first-look` draws what a language model does: its content, a prompt, as
tokens with their ids; the stories model of the course; and the tokens that
it finds most probable next, computed while the book is built.

`stages` draws the course, one card a stage.

    ```{stages}
    - number: 1
      title: Tokenization
      build: a byte-level byte-pair encoding, trained by you
      end: a tokenizer that returns the same integers as GPT-2's own
    ```

`build` and `end` are Markdown. Each stage gets the drawing with its number
(`templates/stages/1.svg`), and a link to its first chapter, the page whose
name starts with its number, once the book has it.
"""

import re
from html import escape
from pathlib import Path

import yaml
from docutils import nodes
from sphinx import addnodes
from sphinx.errors import ConfigError

from .directives import Block, Refused
from .html import element
from .models import checkpoints, load, next_tokens, percent, visible

DRAWINGS = Path(__file__).parent / "templates" / "stages"
KEYS = ("number", "title", "build", "end")


def drawing(number):
    """The stage's picture as SVG; the words beside it say the same."""
    path = DRAWINGS / f"{number}.svg"
    if not path.exists():
        raise ConfigError(f"stage {number} has no drawing: {path} is missing")
    return nodes.raw("", path.read_text("utf-8"), format="html")


class FirstLook(Block):
    """Prompt, model and most probable next tokens, as a figure."""

    kind = "first-look"

    def build(self):
        prompt = re.sub(r"\s+", " ", " ".join(self.content)).strip()
        if not prompt:
            raise Refused("give a prompt as the body")
        folder, _ = checkpoints()[-1]
        model, tokenizer = load(folder)
        n_parameters = sum(p.numel() for p in model.parameters())
        chips = [
            f"<li><code>{escape(visible(tokenizer.decode([i])))}</code>"
            f"<small>{i}</small></li>"
            for i in tokenizer.encode(prompt)
        ]
        bars = [
            f"<li><code>{escape(visible(token))}</code>"
            f'<span class="bar" style="--share:{share:.3f}"></span>'
            f"<small>{percent(share)}</small></li>"
            for token, share in next_tokens(folder, prompt)
            if share >= 0.001
        ]
        html = f"""<figure class="first-look">
<p>Tokens and their ids go in</p>
<ul class="chips">{"".join(chips)}</ul>
<p class="model">{model.config.n_layers} blocks,
{n_parameters:,} parameters</p>
<p>Probabilities of the next token come out</p>
<ul class="bars">{"".join(bars)}</ul>
<figcaption>The course’s own model, computed for this page. You train it in
stage 6.</figcaption>
</figure>"""
        return [nodes.raw("", html, format="html")]


def paragraph(*children, class_=None):
    """A paragraph, which unlike `element` may hold links."""
    return nodes.paragraph(
        "", "", *children, classes=[class_] if class_ else []
    )


class Stages(Block):
    """A list of stages, each with its drawing, and its link if there is a
    chapter."""

    kind = "stages"

    def build(self):
        try:
            stages = yaml.safe_load("\n".join(self.content))
        except yaml.YAMLError as error:
            raise Refused(f"the YAML cannot be read: {error}") from None
        if not isinstance(stages, list):
            raise Refused("the body must be a YAML list of stages")
        self.env.note_reread()
        cards = [self.card(stage) for stage in stages]
        return [element("ol", *cards, class_="stages", role="list")]

    def card(self, stage):
        """One stage as a list item; Refused if a key is missing."""
        if not isinstance(stage, dict) or set(stage) != set(KEYS):
            raise Refused(f"a stage has the keys {', '.join(KEYS)}: {stage!r}")
        page = self.chapter(stage["number"])
        title = nodes.inline("", stage["title"])
        number = nodes.inline("", str(stage["number"]), classes=["n"])
        parts = [
            element("div", drawing(stage["number"]), class_="stage-drawing"),
            paragraph(
                number,
                self.link(page, title) if page else title,
                class_="stage-title",
            ),
            paragraph(*self.one_line(stage["build"])),
            paragraph(*self.one_line(stage["end"]), class_="stage-end"),
        ]
        if not page:
            parts.append(paragraph(nodes.Text("planned"), class_="planned"))
        return element("li", *parts, class_="stage")

    def chapter(self, number):
        """The first page of stage `number` in the book, or None."""
        start = f"{number:02d}-"
        found = sorted(p for p in self.env.found_docs if p.startswith(start))
        return found[0] if found else None

    def link(self, page, title):
        """A link that every builder resolves."""
        return addnodes.pending_xref(
            "",
            title,
            refdomain="std",
            reftype="doc",
            reftarget=f"/{page}",
            refdoc=self.env.docname,
            refexplicit=True,
            refwarn=True,
        )


def setup(app):
    """Register both directives."""
    app.add_directive("first-look", FirstLook)
    app.add_directive("stages", Stages)
