"""Questions: with options, with a number as the answer, and predictions.

    ```{quiz}                       ```{quiz}
    question: Which is right?       kind: numeric
    options:                        question: How many ids are there?
      - text: this one              answer: 50257
        right: true                 unit: ids
        why: It holds for all.      why: 256 + 50,000 + 1.
      - text: that one              reasons:
        why: Not for zero.            - value: 50256
    ```                                 why: That is the last id.
                                    ```

| key of `quiz` | what | needed |
|---|---|---|
| `question` | Markdown | yes |
| `kind` | `single` (one right option), `multiple`, or `numeric` | no: single |
| `options` | two to six; of each `text` (one line), `why` (Markdown), `right` | single, multiple |
| `answer` | the number | numeric |
| `why` | Markdown: why it is that number | numeric |
| `tolerance` | how far off still counts as right | no: 0 |
| `unit` | text beside the box | no |
| `reasons` | typical wrong numbers: of each `value` and `why` | no |
| `otherwise` | Markdown: what to think of after any other number | no |

| key of `predict` | what | needed |
|---|---|---|
| `question` | Markdown | yes |
| `answer` | Markdown: what to see in the output, shown after it | no |
| `options` | two or more lines to choose from, instead of a text box | no |

With scripts the output of the next code cell in the same section is hidden
until the prediction is recorded.

The JSON in the element: `{"right": 1}`; `{"kind": "multiple", "right": [0, 2]}`;
`{"kind": "numeric", "answer", "tolerance", "unit", "wrong": [50256]}`;
`{"options": 2}`. The words are in the HTML around it.
"""  # noqa: E501

from .blocks import Block, folded
from .bodies import KINDS, LINE, Refused, fields, read_yaml
from .html import data, element

LETTERS = "ABCDEF"


class Quiz(Block):
    """A question, with a reason for every option or typical number."""

    kind = "quiz"

    def build(self):
        body = read_yaml("\n".join(self.content))
        form = str(body.get("kind", "single"))
        forms = {
            "single": self.choice,
            "multiple": self.choice,
            "numeric": self.numeric,
        }
        if form not in forms:
            raise Refused(f"`kind` is {form!r}; it can be: {', '.join(forms)}")
        question, *parts = forms[form](body)
        asked = element("div", *self.markdown(question), class_="question")
        return [self.box("llm-quiz", "check", ["Check"], asked, *parts)]

    def choice(self, body):
        """Question, folds and data of two to six options."""
        question, options, form = fields(
            body, {"question": str, "options": list}, {"kind": str}
        )
        several = form == "multiple"
        if not 2 <= len(options) <= 6:
            raise Refused(f"{len(options)} options; give two to six")
        needed, optional = {"text": str, "why": str}, {"right": bool}
        read = [fields(option, needed, optional) for option in options]
        right = [i for i, (_, _, is_right) in enumerate(read) if is_right]
        if not several and len(right) != 1:
            raise Refused(
                f"{len(right)} options are marked `right: true`; mark one, "
                "or write `kind: multiple`"
            )
        if several and not right:
            raise Refused(
                "no option is marked `right: true`; mark one or more"
            )
        folds = [
            self.fold(LETTERS[i], *option, options[i][LINE])
            for i, option in enumerate(read)
        ]
        if not several:
            return question, *folds, data({"right": right[0]})
        prompt = element(
            "p", "Choose every option that is right.", class_="prompt"
        )
        know = data({"kind": "multiple", "right": right})
        return question, prompt, *folds, know

    def fold(self, letter, text, why, is_right, line):
        """An option; behind it the verdict and the reason."""
        verdict = element("strong", "Right." if is_right else "No.")
        return folded(
            [
                element("span", letter, class_="letter"),
                " ",
                element("span", *self.one_line(text, line)),
            ],
            element("p", verdict, class_="verdict"),
            *self.markdown(why, line),
            class_="option right" if is_right else "option",
        )

    def numeric(self, body):
        """Question, fold and data of a number to be worked out."""
        question, _, answer, why, *rest = fields(
            body,
            {"question": str, "kind": str, "answer": float, "why": str},
            {
                "tolerance": float,
                "unit": str,
                "reasons": list,
                "otherwise": str,
            },
        )
        tolerance, unit, reasons, otherwise = rest
        needed = {"value": float, "why": str}
        wrong = [fields(reason, needed) for reason in reasons]
        for reason, (value, _) in zip(reasons, wrong, strict=True):
            if abs(value - answer) <= tolerance:
                raise Refused(
                    f"{value} counts as right: {answer} within {tolerance}",
                    reason[LINE],
                )
        parts = [
            element("p", element("strong", f"{answer} {unit}".strip())),
            element("div", *self.markdown(why), class_="why"),
        ]
        for reason, (value, text) in zip(reasons, wrong, strict=True):
            words = self.markdown(text, reason[LINE])
            parts.append(element("p", f"If you found {value}:"))
            parts.append(element("div", *words, class_="wrong"))
        if otherwise:
            words = self.markdown(otherwise)
            parts.append(element("p", "If you found another number:"))
            parts.append(element("div", *words, class_="otherwise"))
        know = {
            "kind": "numeric",
            "answer": answer,
            "tolerance": tolerance,
            "unit": unit,
            "wrong": [value for value, _ in wrong],
        }
        return question, folded(["Answer"], *parts), data(know)


class Predict(Block):
    """A question to answer before the next cell's output is seen."""

    kind = "predict"

    def build(self):
        body = read_yaml("\n".join(self.content))
        question, answer, options = fields(
            body, {"question": str}, {"answer": str, "options": list}
        )
        if len(options) == 1:
            raise Refused("1 option; give two or more, or none")
        for text in options:
            if not isinstance(text, str):
                raise Refused(f"option {text!r} must be {KINDS[str]}")
        asked = element("div", *self.markdown(question), class_="question")
        parts = [asked]
        if options:
            rows = [element("li", *self.one_line(text)) for text in options]
            parts.append(element("ul", *rows, class_="predict-options"))
        then = "open the answer" if answer else "look at the output"
        prompt = f"Write your answer down, then {then}."
        parts.append(element("p", prompt, class_="prompt"))
        if answer:
            parts.append(folded(["Answer"], *self.markdown(answer)))
        parts.append(data({"options": len(options)}))
        return [self.box("llm-predict", "predict", ["Predict"], *parts)]
