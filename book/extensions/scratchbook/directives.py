"""Directives that make the reader act, and the book's callouts.

`quiz`, `predict` and `parsons` have a YAML body; `misconception`, `shape`,
`at-scale` and `reveal` have a Markdown body and may have a title. What they
write works with scripts off. The first three sit in a custom element with a
little JSON (a stable id, which option is right, the order of the lines), so
that a script can bring them to life; the words stay in the HTML, where
formulas and code are already set.

A body with a mistake is a warning with page and line, so it stops a strict
build.
"""

import hashlib
import itertools
from collections import Counter

import yaml
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from .html import code, data, element

logger = logging.getLogger(__name__)

CELL = 10_000  # myst-nb gives line 3 of a notebook's cell 5 as 50004


class Refused(Exception):
    """A body that breaks the rules: what is wrong, on which of its lines."""

    def __init__(self, message, line=0):
        super().__init__(message)
        self.line = line


# --- reading YAML ----------------------------------------------------------


class LineLoader(yaml.SafeLoader):
    """Loads YAML; each mapping remembers its first line under `line`."""

    def construct_mapping(self, node, deep=False):
        keys = [key.value for key, _ in node.value]
        for key, count in Counter(keys).items():
            if count > 1:
                raise Refused(
                    f"`{key}` is written {count} times; keep one",
                    node.start_mark.line,
                )
        mapping = super().construct_mapping(node, deep=True)
        return {**mapping, "line": node.start_mark.line}


def read_yaml(text):
    """The mapping in `text`; raises Refused where it is not one."""
    try:
        body = yaml.load(text, LineLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise Refused(
            f"the YAML cannot be read: {getattr(error, 'problem', error)}; "
            "put text that holds `: `, `#` or a leading backtick in quotes",
            mark.line if mark else 0,
        ) from None
    if not isinstance(body, dict):
        raise Refused("the body must be YAML that starts with `question:`")
    return body


KINDS = {str: "text (put it in quotes)", bool: "true or false", list: "a list"}


def fields(mapping, needed, optional=None):
    """The values of `mapping`'s keys, in order; Refused if one is wrong.

    `needed` and `optional` map each key to its type; an optional key that is
    absent gives the type's empty value.
    """
    optional = optional or {}
    if not isinstance(mapping, dict):
        raise Refused(f"{mapping!r} must have the keys {', '.join(needed)}")
    line = mapping["line"]
    for key in mapping.keys() - needed.keys() - optional.keys() - {"line"}:
        known = ", ".join([*needed, *optional])
        raise Refused(f"`{key}` is unknown; the keys are: {known}", line)
    values = []
    for key, kind in {**needed, **optional}.items():
        value = mapping.get(key, kind() if key in optional else None)
        if value is None or (key in needed and value in ("", [])):
            raise Refused(f"`{key}` is missing", line)
        if not isinstance(value, kind):
            raise Refused(
                f"`{key}` is {value!r}, it must be {KINDS[kind]}", line
            )
        values.append(
            value.strip() if kind is str and key != "code" else value
        )
    return values


# --- what all directives share ---------------------------------------------


class Block(SphinxDirective):
    """Parses Markdown, makes labelled boxes, counts, and reports mistakes."""

    has_content = True
    kind = ""  # the name under which it is counted

    def run(self):
        try:
            built = self.build()
        except Refused as refused:
            self.report(refused)
            return []
        found = self.env.scratchbook_counts.setdefault(
            self.env.docname, Counter()
        )
        found[self.kind] += 1
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
        """An id that only changes with the content; unique on the page."""
        words = "\n".join([self.name, *self.arguments, *self.content])
        digest = hashlib.sha256(words.encode()).hexdigest()[:8]
        taken = self.env.temp_data.setdefault("scratchbook_ids", Counter())
        taken[digest] += 1
        again = f"-{taken[digest]}" if taken[digest] > 1 else ""
        return f"{self.name}-{digest}{again}"

    def box(self, name, kind, title, *children, role="group"):
        """A callout: its icon and word (the title), then `children`."""
        identity = self.identity()
        label = element(
            "p", *title, class_="callout-title", id=f"{identity}-title"
        )
        return element(
            name,
            label,
            *children,
            id=identity,
            class_=f"callout {kind}",
            role=role,
            aria_labelledby=f"{identity}-title",
        )


def folded(summary, *children, class_="fold"):
    """A closed `<details>` that opens at `summary`."""
    inside = element("div", *children, class_="fold-body")
    return element(
        "details", element("summary", *summary), inside, class_=class_
    )


# --- question, prediction, Parsons problem ---------------------------------


LETTERS = "ABCDEF"


class Quiz(Block):
    """A question with two to six options, one right, each with a reason."""

    kind = "quiz"

    def build(self):
        body = read_yaml("\n".join(self.content))
        question, options = fields(body, {"question": str, "options": list})
        if not 2 <= len(options) <= 6:
            raise Refused(f"{len(options)} options; give two to six")
        needed, optional = {"text": str, "why": str}, {"right": bool}
        read = [fields(option, needed, optional) for option in options]
        right = [i for i, (_, _, is_right) in enumerate(read) if is_right]
        if len(right) != 1:
            raise Refused(
                f"{len(right)} options are marked `right: true`; mark one"
            )
        folds = []
        for i, (text, why, is_right) in enumerate(read):
            line = options[i]["line"]
            verdict = element("strong", "Right." if is_right else "No.")
            folds.append(
                folded(
                    [
                        element("span", LETTERS[i], class_="letter"),
                        " ",
                        element("span", *self.one_line(text, line)),
                    ],
                    element("p", verdict, class_="verdict"),
                    *self.markdown(why, line),
                    class_="option right" if is_right else "option",
                )
            )
        asked = element("div", *self.markdown(question), class_="question")
        know = data({"right": right[0]})
        return [self.box("llm-quiz", "check", ["Check"], asked, *folds, know)]


class Predict(Block):
    """A question to answer in writing before the next cell's output."""

    kind = "predict"

    def build(self):
        body = read_yaml("\n".join(self.content))
        question, answer = fields(body, {"question": str}, {"answer": str})
        asked = element("div", *self.markdown(question), class_="question")
        then = "open the answer" if answer else "look at the output"
        prompt = f"Write your answer down, then {then}."
        parts = [asked, element("p", prompt, class_="prompt")]
        if answer:
            parts.append(folded(["Answer"], *self.markdown(answer)))
        parts.append(data({"answer": bool(answer)}))
        return [self.box("llm-predict", "predict", ["Predict"], *parts)]


def shuffled(lines, right):
    """An order of `lines` that looks random, is always the same, and does
    not show `right`, the lines that belong, in their right order."""
    if len(set(right)) < 2:
        raise Refused("the lines that belong need two that differ")
    salts = itertools.count()
    order = range(len(lines))
    while [lines[i] for i in order if lines[i] in right] == right:
        salt = next(salts)
        marks = [
            hashlib.sha256(f"{salt}/{i}/{line}".encode()).digest()
            for i, line in enumerate(lines)
        ]
        order = sorted(order, key=marks.__getitem__)
    return order


class Parsons(Block):
    """Lines of code to put in order; distractors are to be left out."""

    kind = "parsons"

    def build(self):
        body = read_yaml("\n".join(self.content))
        question, items, language = fields(
            body, {"question": str, "lines": list}, {"language": str}
        )
        needed = {"code": str}
        optional = {"distractor": bool, "why": str}
        read = [fields(item, needed, optional) for item in items]
        for item, (text, distractor, why) in zip(items, read, strict=True):
            if distractor and not why:
                raise Refused(
                    f"the distractor `{text.strip()}` needs a `why`",
                    item["line"],
                )
            if why and not distractor:
                raise Refused(
                    f"`{text.strip()}` has a `why` but is no distractor; "
                    "add `distractor: true` or remove the reason",
                    item["line"],
                )
        lines = [text.rstrip("\n") for text, _, _ in read]
        wrong = [i for i, (_, distractor, _) in enumerate(read) if distractor]
        right = [line for i, line in enumerate(lines) if i not in wrong]
        order = shuffled(lines, right)
        shown = element(
            "ol",
            *[element("li", code(lines[i])) for i in order],
            class_="parsons-lines",
        )
        solution = nodes.literal_block("\n".join(right), "\n".join(right))
        solution["language"] = language or "python"
        reasons = []
        for place, i in enumerate(order, 1):
            _, distractor, why = read[i]
            if distractor:
                reasons.append(element("p", f"Line {place} does not belong:"))
                reasons += self.markdown(why, items[i]["line"])
        asked = element("div", *self.markdown(question), class_="question")
        fold = folded(["Right order"], solution, *reasons)
        know = data({"order": order, "distractors": wrong})
        return [
            self.box(
                "llm-parsons", "check", ["Check"], asked, shown, fold, know
            )
        ]


# --- callouts and folds ----------------------------------------------------


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


# --- counting --------------------------------------------------------------


def counts(env, docname):
    """How often each directive is used on a page, by name."""
    return env.scratchbook_counts.get(docname, Counter())


def start(app):
    """Give the environment its table of counts."""
    if not hasattr(app.env, "scratchbook_counts"):
        app.env.scratchbook_counts = {}


def forget(app, env, docname):
    """A page is read again: its old counts go."""
    getattr(env, "scratchbook_counts", {}).pop(docname, None)


def merge(app, env, docnames, other):
    """Take over what a parallel reader counted."""
    env.scratchbook_counts.update(other.scratchbook_counts)


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
    """Register the directives and their counts."""
    for name, directive in DIRECTIVES.items():
        app.add_directive(name, directive)
    app.connect("builder-inited", start)
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)
