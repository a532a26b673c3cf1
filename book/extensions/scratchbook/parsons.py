"""The `parsons` directive: lines of code to put in order.

    ```{parsons}
    question: Put the lines in order. One does not belong.
    lines:
      - code: "def attend(q, k, v):"
      - code: "    attn_scores = q @ k.mT"
      - code: "    mask = torch.ones(T, T).triu(1)"
        after: [1]
      - code: "    attn_scores = attn_scores.softmax(-1) * mask"
        distractor: true
        why: Rows no longer sum to 1.
    ```

| key | what | needed |
|---|---|---|
| `question` | Markdown | yes |
| `lines` | the lines in one right order, see below | yes |
| `language` | of the code | no: python |

| key of a line | what |
|---|---|
| `code` | the line, in quotes, with its indentation |
| `after` | numbers, from 1, of the lines that must stand above it; if absent, all that belong and are written before it |
| `distractor` | `true`: the line is to be left out |
| `why` | Markdown: why a distractor does not belong |

So `after: [1]` above lets the mask stand before or after the scores. What the
lines above need is needed too. The JSON in the element is `{"order": [...],
"distractors": [...], "after": [...]}`: the lines as they are shown first, those
to be left out, and what each needs, numbered from 0 (null for a distractor).
"""  # noqa: E501

import hashlib
import itertools

from docutils import nodes

from .blocks import Block, folded
from .bodies import LINE, Refused, fields, read_yaml
from .html import code, data, element


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


def needs(lines, wrong, after):
    """For each line the lines that must stand above it, None if it does not
    belong; numbers count from 0.

    `after` holds what the author wrote, numbers from 1 by line; a line
    without an entry needs all that belong and are written before it.
    """
    found = []
    for i, line in enumerate(lines):
        earlier = [j for j in range(i) if j not in wrong]
        named = after.get(i)
        for number in named or []:
            if number - 1 not in earlier:
                told = ", ".join(str(j + 1) for j in earlier) or "none"
                raise Refused(
                    f"`{line.strip()}` cannot come after line {number}; "
                    f"the lines that belong before it are: {told}"
                )
        if i in wrong:
            found.append(None)
        else:
            found.append(
                earlier
                if named is None
                else sorted(number - 1 for number in named)
            )
    return found


class Parsons(Block):
    """Lines of code to put in order; distractors are to be left out."""

    kind = "parsons"

    def build(self):
        body = read_yaml("\n".join(self.content))
        question, items, language = fields(
            body, {"question": str, "lines": list}, {"language": str}
        )
        read = [self.line(item) for item in items]
        lines = [text.rstrip("\n") for text, _, _ in read]
        wrong = [i for i, (_, distractor, _) in enumerate(read) if distractor]
        right = [line for i, line in enumerate(lines) if i not in wrong]
        for i in wrong:
            if lines[i] in right:
                raise Refused(
                    f"the distractor `{lines[i].strip()}` is also a line "
                    "that belongs",
                    items[i][LINE],
                )
        after = {i: x["after"] for i, x in enumerate(items) if "after" in x}
        order = shuffled(lines, right)
        know = {
            "order": order,
            "distractors": wrong,
            "after": needs(lines, wrong, after),
        }
        shown = element(
            "ol",
            *[element("li", code(lines[i])) for i in order],
            class_="parsons-lines",
        )
        reasons = [
            self.reason(lines[i], read[i][2], items[i][LINE])
            for i in order
            if i in wrong
        ]
        solution = nodes.literal_block("\n".join(right), "\n".join(right))
        solution["language"] = language or "python"
        asked = element("div", *self.markdown(question), class_="question")
        fold = folded(["Right order"], solution, *reasons)
        return [
            self.box(
                *["llm-parsons", "check", ["Check"]],
                *[asked, shown, fold, data(know)],
            )
        ]

    def line(self, item):
        """Text, whether it is a distractor, and the reason of one line."""
        optional = {"distractor": bool, "why": str, "after": list}
        text, distractor, why, after = fields(item, {"code": str}, optional)
        if distractor and not why:
            raise Refused(
                f"the distractor `{text.strip()}` needs a `why`", item[LINE]
            )
        if why and not distractor:
            raise Refused(
                f"`{text.strip()}` has a `why` but is no distractor; "
                "add `distractor: true` or remove the reason",
                item[LINE],
            )
        if distractor and "after" in item:
            raise Refused(
                f"the distractor `{text.strip()}` has no place, so no `after`",
                item[LINE],
            )
        if not all(type(number) is int for number in after):
            raise Refused(
                f"`after` is {after}, it must be numbers of lines such as "
                "[1, 2]",
                item[LINE],
            )
        return text, distractor, why

    def reason(self, text, why, line):
        """Why a distractor does not belong."""
        said = element("p", code(text.strip()), " does not belong:")
        return element("div", said, *self.markdown(why, line), class_="why")
