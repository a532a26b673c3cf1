"""What all directives share: Markdown inside, boxes and folds, stable ids, the
list of what is on each page, and mistakes told with page and line."""

import hashlib
from collections import Counter

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from .bodies import Refused
from .html import element

logger = logging.getLogger(__name__)

CELL = 10_000  # myst-nb gives line 3 of a notebook's cell 5 as 50004


class Block(SphinxDirective):
    """Parses Markdown, makes labelled boxes, counts, and reports mistakes."""

    has_content = True
    kind = ""  # the name under which it is counted
    n_tasks = 0  # what is to do in it, beside itself
    n_exercises = 0  # what is to program in it

    def run(self):
        self.id = self.identity()
        try:
            built = self.build()
        except Refused as refused:
            self.report(refused)
            return []
        page = self.env.scratchbook_items.setdefault(self.env.docname, [])
        page.append((self.kind, self.id, self.n_tasks))
        if self.n_exercises:
            page.append(("python", self.id, self.n_exercises))
        return built

    def report(self, refused):
        """Warn with page and line, and in a notebook with the cell."""
        line = self.lineno + self.content_offset + refused.line + 1
        cell = f" (cell {line // CELL}, line {line % CELL - 1})"
        logger.warning(
            f"{self.name}: {refused}{cell if line > CELL else ''}",
            location=(self.env.docname, line),
            type="scratchbook",
        )

    def markdown(self, text, line=0):
        """`text` parsed as Markdown, as a list of nodes."""
        holder = nodes.Element()
        lines = StringList(text.splitlines(), self.state.document["source"])
        self.state.nested_parse(lines, self.content_offset + line, holder)
        return holder.children

    def one_line(self, text, line=0):
        """`text` parsed as Markdown that must be a single paragraph."""
        parsed = self.markdown(text, line)
        if len(parsed) != 1 or not isinstance(parsed[0], nodes.paragraph):
            raise Refused(f"{text!r} must be one line of text", line)
        return parsed[0].children

    def identity(self):
        """An id that only changes with page and content; unique."""
        words = "\n".join(
            [self.env.docname, self.name, *self.arguments, *self.content]
        )
        digest = hashlib.sha256(words.encode()).hexdigest()[:8]
        taken = self.env.temp_data.setdefault("scratchbook_ids", Counter())
        taken[digest] += 1
        again = f"-{taken[digest]}" if taken[digest] > 1 else ""
        return f"{self.name}-{digest}{again}"

    def box(self, name, kind, title, *children, role="group"):
        """A callout: its icon and word (the title), then `children`."""
        label = element(
            "p", *title, class_="callout-title", id=f"{self.id}-title"
        )
        return element(
            name,
            label,
            *children,
            id=self.id,
            class_=f"callout {kind}",
            role=role,
            aria_labelledby=f"{self.id}-title",
        )


def folded(summary, *children, class_="fold"):
    """A closed `<details>` that opens at `summary`."""
    inside = element("div", *children, class_="fold-body")
    return element(
        "details", element("summary", *summary), inside, class_=class_
    )


# --- what is on each page ---------------------------------------------------


def items(env, docname):
    """What is on a page: (name, id, what is to do in it), in order."""
    return env.scratchbook_items.get(docname, [])


def counts(env, docname):
    """How often each directive is used on a page, by name."""
    return Counter(kind for kind, _, _ in items(env, docname))


def start(app):
    """Give the environment its table of what is on each page."""
    if not hasattr(app.env, "scratchbook_items"):
        app.env.scratchbook_items = {}


def forget(app, env, docname):
    """A page is read again: what was on it goes."""
    getattr(env, "scratchbook_items", {}).pop(docname, None)


def merge(app, env, docnames, other):
    """Take over what a parallel reader found."""
    env.scratchbook_items.update(other.scratchbook_items)


def setup(app):
    """Keep the table of what is on each page."""
    app.connect("builder-inited", start)
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)
