"""The reader's progress: a box at the end of every page, and the list of
what there is to do in the whole book, in `_static/progress.json`.

The box is `<llm-progress>`; book/assets/elements/llm-progress.js counts in
it. A chapter's card states its times by two roles, in minutes:

    How long? {reading-time}`120`, and {assignment-time}`180` more

reads "How long? 2 hours, and 3 hours more". The list:

    {"chapters": [{"page": "01-tokenization", "title": "...",
      "times": {"reading": 120, "assignment": 180},
      "quiz": ["quiz-0a1b2c3d", ...], "predict": [...], "parsons": [...],
      "task": ["widget-4e5f6a7b/0", ...], "python": [...]}, ...]}
"""

import json
from collections import defaultdict
from pathlib import Path

from docutils import nodes
from sphinx.util.docutils import SphinxRole

from .blocks import counts, items

COUNTED = {
    "quiz": ("question", "questions"),
    "predict": ("prediction", "predictions"),
    "parsons": ("ordering task", "ordering tasks"),
    "task": ("task", "tasks"),
    "python": ("exercise in Python", "exercises in Python"),
}
NOTE = "Kept in this browser only; nothing is sent."


def spoken(minutes):
    """45 -> "45 minutes", 60 -> "1 hour", 150 -> "2½ hours"."""
    if minutes < 60 or minutes % 30:
        return f"{minutes} minute{'s' * (minutes != 1)}"
    hours, half = divmod(minutes, 60)
    unit = "hour" if minutes == 60 else "hours"
    return f"{hours}{'½' * bool(half)} {unit}"


class Time(SphinxRole):
    """A time of the card, in minutes: shown in words, and added up."""

    def run(self):
        if not self.text.isdecimal() or not int(self.text):
            said = self.inliner.reporter.warning(
                f"{self.name}: {self.text!r} is no number of minutes",
                line=self.lineno,
            )
            return [], [said]
        page = self.env.scratchbook_items.setdefault(self.env.docname, [])
        page.append((self.name, "", int(self.text)))
        return [nodes.Text(spoken(int(self.text)))], []


def to_do(env, docname):
    """Ids of what is to be done on a page, by kind."""
    found = {kind: [] for kind in COUNTED}
    for kind, identity, number in items(env, docname):
        if kind in ("widget", "python"):
            name = "task" if kind == "widget" else kind
            found[name] += [f"{identity}/{n}" for n in range(number)]
        elif kind in found:
            found[kind].append(identity)
    return found


def times(env, docname):
    """Minutes that the page's card states, by what they are for."""
    found = defaultdict(int)
    for kind, _, minutes in items(env, docname):
        if kind.endswith("-time"):
            found[kind.removesuffix("-time")] += minutes
    return dict(found)


def in_order(env, docname, seen=None):
    """Pages in the order of the table of contents, each once."""
    seen = [] if seen is None else seen
    if docname not in seen:
        seen.append(docname)
        for inner in env.toctree_includes.get(docname, []):
            in_order(env, inner, seen)
    return seen


def is_chapter(env, docname):
    """Whether the page asks questions or states a time."""
    found = counts(env, docname)
    return bool(found["quiz"] or times(env, docname))


def chapters(env):
    """What there is to do in each chapter."""
    return [
        {
            "page": name,
            "title": env.titles[name].astext(),
            "times": times(env, name),
            **to_do(env, name),
        }
        for name in in_order(env, env.config.root_doc)
        if is_chapter(env, name)
    ]


def box(env, docname):
    """The box for a page, as readers without scripts see it."""
    found = to_do(env, docname)
    parts = [
        f"{len(ids)} {COUNTED[kind][len(ids) != 1]}"
        for kind, ids in found.items()
        if ids
    ]
    listed = " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))
    has = f"This page has {listed}. " if parts else ""
    know = json.dumps({"page": docname, "chapter": is_chapter(env, docname)})
    return (
        '<llm-progress role="group" aria-labelledby="progress-title">'
        '<p class="progress-title" id="progress-title">Your progress</p>'
        f'<p class="progress-static">{has}With scripts switched on, this box '
        f"counts what you have done. {NOTE}</p>"
        f'<script type="application/json">{know}</script></llm-progress>'
    )


def add_box(app, pagename, templatename, context, doctree):
    """Put the box at the end of every page that was written."""
    if app.builder.name == "html" and doctree is not None:
        context["body"] += box(app.env, pagename)


def write_list(app, exception):
    """Write the list that the box reads when it is opened."""
    if exception or app.builder.name != "html":
        return
    static = Path(app.outdir) / "_static"
    text = json.dumps({"chapters": chapters(app.env)}, ensure_ascii=False)
    (static / "progress.json").write_text(text + "\n", encoding="utf-8")


def setup(app):
    """Register the roles, the box and the list."""
    for name in ("reading-time", "assignment-time"):
        app.add_role(name, Time())
    app.connect("html-page-context", add_box)
    app.connect("build-finished", write_list)
