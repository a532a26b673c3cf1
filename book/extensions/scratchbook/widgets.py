"""The `widget` directive: an element of the page with its static twin.

    ```{widget} llm-window
    title: Windows over a text
    static: |
      With length 4 and stride 2, a text of 10 tokens gives 3 windows.
    config:
      text: the sea and the sky
      length: 4
    tasks:
      - ask: How many windows are there with stride 1?
        answer: 6
        why: Every start from 0 to 5 has its next token.
        hint: A window also needs the token after it.
      - ask: Set a stride at which no token is seen twice.
        check: overlap
        value: 0
        why: With a stride as long as the window, none is.
    ```

| key | what | needed |
|---|---|---|
| `title` | one line, the widget's name | yes |
| `static` | Markdown: what the widget would show, with numbers; for print, EPUB, and readers without scripts | yes |
| `config` | a mapping, given to the script as it is | no |
| `tasks` | a list, see below | no |

| key of a task | what |
|---|---|
| `ask` | Markdown: what to find or do |
| `answer` | number or text that the reader types; a list accepts each entry; `{min: , max: }` a range |
| `tolerance` | how far a number may be off, 0 if absent |
| `check` | instead of `answer`: the name of a fact that the widget publishes |
| `value` | what the fact must be, in the forms of `answer`; true if absent |
| `why` | Markdown: why it is right |
| `hint` | Markdown: where to look after a wrong answer |

It becomes `<llm-window id class="widget" role="group" aria-labelledby>` with
`<p class="widget-title">`, `<div class="widget-static">` (the tasks and their
answers at its end) and `<script type="application/json">{"config": ...,
"tasks": [...]}</script>`. The module book/assets/elements/llm-window.js hides
the static part when its own interface stands.
"""  # noqa: E501

import re
from pathlib import Path

from .blocks import Block, folded
from .bodies import LINE, Refused, fields, read_yaml
from .html import data, element

MODULES = Path(__file__).parents[2] / "assets" / "elements"


def bare(value):
    """`value` without the line numbers that the YAML reader adds."""
    if isinstance(value, dict):
        return {k: bare(v) for k, v in value.items() if k != LINE}
    if isinstance(value, list):
        return [bare(item) for item in value]
    return value


def read_task(item):
    """A task's mapping, without lines; Refused if it cannot be checked."""
    texts = {"hint": str, "check": str, "tolerance": float}
    texts |= {"answer": object, "value": object}
    fields(item, {"ask": str, "why": str}, texts)
    task = bare(item)
    if ("answer" in task) == ("check" in task):
        raise Refused(
            "a task needs either `answer` or `check`, one of them",
            item[LINE],
        )
    if "value" in task and "check" not in task:
        raise Refused("`value` belongs to `check`", item[LINE])
    return task


def shown(wanted):
    """What a reader without scripts is told to have found."""
    if isinstance(wanted, list):
        return " or ".join(shown(one) for one in wanted)
    if isinstance(wanted, dict):
        words = {"min": "at least", "max": "at most"}
        return " and ".join(f"{words[k]} {wanted[k]}" for k in wanted)
    return str(wanted)


class Widget(Block):
    """An interactive element: title, static twin, configuration, tasks."""

    kind = "widget"
    required_arguments = 1

    def build(self):
        name = self.arguments[0]
        if not re.fullmatch(r"llm-[a-z]+", name):
            raise Refused(f"{name!r} is no element; write such as llm-tokens")
        if not (MODULES / f"{name}.js").exists():
            raise Refused(f"there is no {name}.js in {MODULES.name}/")
        body = read_yaml("\n".join(self.content), "title:")
        title, static, config, tasks = fields(
            body,
            {"title": str, "static": str},
            {"config": dict, "tasks": list},
        )
        read = [read_task(task) for task in tasks]
        twin = self.markdown(static)
        if read:
            twin.append(self.twin_of_tasks(read, tasks))
        self.n_tasks = len(read)
        if name == "llm-python":
            self.n_exercises = len(bare(config).get("exercises", []))
        label = element(
            "p",
            *self.one_line(title),
            class_="widget-title",
            id=f"{self.id}-title",
        )
        return [
            element(
                name,
                label,
                element("div", *twin, class_="widget-static"),
                data({"config": bare(config), "tasks": read}),
                id=self.id,
                class_="widget",
                role="group",
                aria_labelledby=f"{self.id}-title",
            )
        ]

    def twin_of_tasks(self, tasks, items):
        """The tasks as a list, with hint and answer behind lids."""
        rows = []
        for task, item in zip(tasks, items, strict=True):
            line = item[LINE]
            part = [
                element(
                    "div", *self.markdown(task["ask"], line), class_="task-ask"
                )
            ]
            for key, lid in (("hint", "Hint"), ("why", "Answer")):
                if text := task.get(key):
                    words = element(
                        "div", *self.markdown(text, line), class_=f"task-{key}"
                    )
                    before = []
                    if key == "why" and "answer" in task:
                        before = [element("p", shown(task["answer"]))]
                    part.append(folded([lid], *before, words))
            rows.append(element("li", *part, class_="task"))
        return element("ol", *rows, class_="task-list")


def setup(app):
    """Register the directive."""
    app.add_directive("widget", Widget)
