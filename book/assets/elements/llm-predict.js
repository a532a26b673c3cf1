/* <llm-predict>: the reader commits to an answer; only then the output of
   the next code cell unfolds, with what was written beside it. In print and
   without scripts nothing is hidden. */

import {announce, copies, h, read} from "./dom.js";
import {whenNear} from "./later.js";
import {load, save} from "./store.js";

/* The first code cell after `element` in the same part of the text. */
function nextCell(element) {
  const follows = node => element.compareDocumentPosition(node)
    & Node.DOCUMENT_POSITION_FOLLOWING;
  const cells = [...document.querySelectorAll("div.cell, llm-predict")];
  const next = cells.find(node => node !== element && follows(node));
  const part = element.closest("section");
  return next?.matches("div.cell") && part?.contains(next) ? next : null;
}

/* What is to be hidden of a cell: its output, or the fold around it. */
function outputs(cell) {
  return [...cell?.querySelectorAll(":scope > .cell_output, "
    + ":scope > details.below-input, :scope > details.hidden-cell") ?? []]
    .filter(node => node.matches(".cell_output")
      || node.querySelector(":scope > .cell_output"));
}

customElements.define("llm-predict", class extends HTMLElement {
  connectedCallback() {
    if (this.hiding) return;
    const know = read(this);
    this.key = `predict/${this.id}`;
    this.cell = know.output === false ? null : nextCell(this);
    this.hiding = outputs(this.cell);
    this.hide(!load(this.key)?.done);
    whenNear(this, () => this.start(know));
  }

  start(know) {
    this.answer = this.querySelector(":scope > details .fold-body");
    const question = this.querySelector(".question");
    question.id ||= `${this.id}-question`;
    this.build(question, know.options);
    this.classList.add("live");
    this.show();
    document.addEventListener("scratchlm-saved", event => {
      if (event.detail.key === null) this.show();
    });
  }

  build(question, n) {
    this.field = n ? this.choices(n, question.id) : h("textarea", {
      rows: 2, "aria-labelledby": question.id,
    });
    this.said = h("div", {class: "said"});
    this.form = h("form", {onsubmit: event => {
      event.preventDefault();
      this.record();
    }}, this.field, this.said, h("div", {class: "row"},
      h("button", {}, "Record my prediction"),
      h("button", {type: "button", class: "quiet", onclick: () => {
        save(this.key, {skipped: true, done: true});
        this.reveal();
      }}, "Show without answering")));
    this.kept = h("div", {class: "kept"});
    question.after(this.form, this.kept);
    if (this.hiding.length) {
      this.wait = h("p", {class: "waiting muted"},
        "The output unfolds when you have recorded your prediction above.");
      this.beside = h("div", {class: "compare", role: "group",
        tabindex: "-1", "aria-label": "Your prediction and the output"});
      this.hiding.at(-1).after(this.wait, this.beside);
    } else {
      this.beside = h("div", {class: "compare", role: "group",
        tabindex: "-1", "aria-label": "Your prediction and the answer"});
      this.kept.before(this.beside);
    }
  }

  choices(n, label) {
    const texts = this.querySelectorAll(":scope > .predict-options > li");
    return h("div", {class: "choices", role: "radiogroup",
      "aria-labelledby": label}, [...texts].slice(0, n).map((text, i) =>
      h("label", {class: "choice"},
        h("input", {type: "radio", name: `${this.id}-choice`, value: i}),
        h("span", {}, copies(text)))));
  }

  given() {
    if (this.field.matches("textarea")) return this.field.value.trim();
    return this.field.querySelector("input:checked")?.closest("label")
      .textContent.trim().replace(/\s+/g, " ") ?? "";
  }

  record() {
    const text = this.given();
    if (!text) {
      const lack = this.field.matches("textarea")
        ? "Write your prediction first." : "Choose one first.";
      this.said.replaceChildren(lack);
      announce(lack);
      return;
    }
    save(this.key, {text, done: true});
    this.reveal();
  }

  reveal() {
    this.show();
    announce("The output is shown. " + this.beside.textContent
      .replace(/\s+/g, " "));
    this.beside.focus();
  }

  hide(hidden) {
    for (const node of this.hiding) {
      node.classList.toggle("awaiting", hidden);
      if (node.matches("details")) node.open = !hidden;
    }
  }

  /* Bring the page into the state that is saved. */
  show() {
    const before = load(this.key);
    const open = Boolean(before?.done);
    this.form.hidden = open;
    this.said.replaceChildren();
    this.hide(!open);
    if (this.wait) this.wait.hidden = open;
    this.beside.hidden = !open;
    this.kept.hidden = !open;
    if (!open) return;
    this.kept.replaceChildren(
      this.hiding.length ? this.wrote(before) : "", h("div", {class: "row"},
        h("button", {type: "button", class: "quiet",
          onclick: () => this.reset()}, "Predict again")));
    this.beside.replaceChildren(this.wrote(before, " Compare."),
      ...(this.answer ? copies(this.answer) : []));
  }

  wrote(before, more = "") {
    if (before.skipped) {
      return h("p", {}, "You looked without a prediction.");
    }
    return h("p", {}, "You wrote: ", h("q", {}, before.text),
      more ? "." : "", more);
  }

  reset() {
    save(this.key, undefined);
    this.show();
    if (this.field.matches("textarea")) this.field.value = "";
    (this.field.querySelector("input") ?? this.field).focus();
  }
});
