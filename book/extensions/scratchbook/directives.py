"""Directives that make the reader act, and the book's callouts.

`quiz` and `predict` (questions.py) and `parsons` (parsons.py) have a YAML
body; `misconception`, `shape`, `at-scale` and `reveal` have a Markdown body
and may have a title. What they write works with scripts off. The first three
sit in a custom element with a little JSON (a stable id, which option is
right, the order of the lines), so that a script can bring them to life; the
words stay in the HTML, where formulas and code are already set.

A body with a mistake is a warning with page and line, so it stops a strict
build.
"""

from . import blocks
from .blocks import Block, folded
from .bodies import Refused
from .html import element
from .parsons import Parsons
from .questions import Predict, Quiz


class Callout(Block):
    """A box with a word, an optional title, and a Markdown body."""

    optional_arguments = 1
    final_argument_whitespace = True
    word = ""

    def build(self):
        if not any(line.strip() for line in self.content):
            raise Refused("the body is empty")
        title = [self.word]
        if self.arguments:
            rest = self.arguments[0].removeprefix(self.word).strip(" :")
            title += [
                " " if self.arguments[0].startswith(self.word) else ": ",
                element("span", *self.one_line(rest)),
            ]
        body = self.markdown("\n".join(self.content))
        return [self.box("div", self.name, title, *body, role="note")]


class Misconception(Callout):
    """What readers often believe, and why it is not so."""

    kind, word = "misconception", "You might think"
    required_arguments, optional_arguments = 1, 0


class Shape(Callout):
    """The shapes of the values at hand."""

    kind, word = "shape", "Shape"


class AtScale(Callout):
    """What changes at the size of GPT-2 and beyond."""

    kind, word = "at-scale", "At scale"


class Reveal(Block):
    """Text behind a closed lid: a hint, a solution."""

    kind = "reveal"
    required_arguments = 1
    final_argument_whitespace = True

    def build(self):
        if not any(line.strip() for line in self.content):
            raise Refused("the body is empty")
        title = self.one_line(self.arguments[0])
        body = self.markdown("\n".join(self.content))
        return [folded(title, *body, class_="fold reveal")]


DIRECTIVES = {
    "quiz": Quiz,
    "predict": Predict,
    "parsons": Parsons,
    "misconception": Misconception,
    "shape": Shape,
    "at-scale": AtScale,
    "reveal": Reveal,
}


def setup(app):
    """Register the directives and the table of what is on each page."""
    for name, directive in DIRECTIVES.items():
        app.add_directive(name, directive)
    blocks.setup(app)
