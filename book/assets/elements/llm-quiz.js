/* <llm-quiz>: a question with one right option, with several, or with a
   number as the answer. The words stay those of the page: the reasons are
   copied from the folds that readers without scripts open. */

import {announce, copies, h, read} from "./dom.js";
import {whenNear} from "./later.js";
import {near, number} from "./number.js";
import {load, save} from "./store.js";

const VERDICT = {true: ["verdict yes", "Right."], false: ["verdict no", "No."]};

function verdict(right, words) {
  const [name, word] = VERDICT[right];
  return h("strong", {class: name}, words ?? word);
}

const spoken = node => node.textContent.trim().replace(/\s+/g, " ");

/* Options: radio buttons or boxes, each with its reason below it. */
class Options {
  constructor(element, know) {
    this.several = know.kind === "multiple";
    this.right = new Set([know.right].flat());
    this.rows = [...element.querySelectorAll(":scope > details.option")]
      .map((fold, i) => this.row(element.id, fold, i));
    this.node = h("div", {
      class: "choices", role: this.several ? "group" : "radiogroup",
    }, this.rows.map(row => row.node));
  }

  row(id, fold, i) {
    const [letter, text] = fold.querySelectorAll(":scope > summary > span");
    const box = h("input", {
      type: this.several ? "checkbox" : "radio", name: `${id}-choice`,
      value: i,
    });
    const right = this.right.has(i);
    const why = copies(fold.querySelector(".fold-body"))
      .filter(node => !node.classList?.contains("verdict"));
    const reason = h("div", {class: "reason", hidden: true},
      verdict(right), " ", ...why);
    const label = h("label", {class: "choice"}, box,
      letter.cloneNode(true), " ", h("span", {}, copies(text)));
    return {box, right, reason, node: h("div", {}, label, reason)};
  }

  given() {
    return this.rows.flatMap((row, i) => row.box.checked ? [i] : []);
  }

  put(given) {
    const chosen = [given].flat();
    this.rows.forEach((row, i) => { row.box.checked = chosen.includes(i); });
  }

  empty() {
    return this.given().length ? null : "Choose an option first.";
  }

  /* Shows the reasons of what was chosen; of all, once it is right. */
  judge(all) {
    const right = this.rows.every(row => row.box.checked === row.right);
    const chosen = this.rows.filter(row => row.box.checked);
    for (const row of this.rows) {
      row.reason.hidden = !(all || right || row.box.checked);
    }
    const missing = this.right.size - chosen.filter(row => row.right).length;
    let summary = null;
    if (this.several && !right && !all) {
      const wrong = chosen.filter(row => !row.right).length;
      summary = h("p", {}, verdict(false, "Not yet."), " ",
        wrong ? `${wrong} of your choices ${wrong > 1 ? "are" : "is"} not `
          + "right. " : "",
        missing ? `${missing} right ${missing > 1 ? "options are" :
          "option is"} missing.` : "");
    } else if (this.several && right) {
      summary = h("p", {}, verdict(true), " These and no others.");
    }
    return {right, summary, words: chosen.map(row => spoken(row.reason))};
  }

  clear() {
    this.put([]);
    for (const row of this.rows) row.reason.hidden = true;
  }
}

/* A number: typical wrong ones are answered with their reason. */
class Numeric {
  constructor(element, know) {
    this.know = know;
    this.fold = element.querySelector(":scope > details");
    this.field = h("input", {
      id: `${element.id}-number`, type: "text", inputmode: "decimal",
      autocomplete: "off", class: "number",
    });
    this.node = h("div", {class: "row"},
      h("label", {for: this.field.id}, "Your number"), this.field,
      know.unit ? h("span", {}, know.unit) : null);
  }

  given() {
    return this.field.value;
  }

  put(given) {
    this.field.value = given;
  }

  empty() {
    if (!this.field.value.trim()) return "Write a number first.";
    return Number.isNaN(number(this.field.value))
      ? `“${this.field.value}” is no number; write such as 12 or 0.5.` : null;
  }

  reason(name, n = 0) {
    return copies(this.fold.querySelectorAll(name)[n]);
  }

  judge(all) {
    const {answer, tolerance, wrong} = this.know;
    const given = number(this.field.value);
    const right = near(given, answer, tolerance);
    if (right || all) {
      const words = right ? "Right." : `It is ${answer}.`;
      const summary = h("div", {}, verdict(right, words), " ",
        ...this.reason(".why"));
      return {right, summary, words: []};
    }
    const n = wrong.findIndex(value => near(given, value, tolerance));
    const said = n >= 0 ? this.reason(".wrong", n) : this.reason(".otherwise");
    const summary = h("div", {}, verdict(false), " ",
      ...(said.length ? said : ["Work it out once more."]));
    return {right, summary, words: []};
  }

  clear() {
    this.field.value = "";
  }
}

customElements.define("llm-quiz", class extends HTMLElement {
  connectedCallback() {
    if (this.key) return;
    this.key = `quiz/${this.id}`;
    whenNear(this, () => this.start());
  }

  start() {
    const know = read(this);
    this.way = new (know.kind === "numeric" ? Numeric : Options)(this, know);
    const question = this.querySelector(".question");
    question.id ||= `${this.id}-question`;
    this.way.node.setAttribute("aria-labelledby", question.id);
    if (know.kind === "numeric") this.way.node.setAttribute("role", "group");
    this.said = h("div", {class: "said"});
    this.all = h("button", {
      type: "button", class: "quiet", hidden: true,
      onclick: () => this.judge(true),
    }, "Show all reasons");
    if (know.kind === "numeric") this.all.textContent = "Show the answer";
    this.again = h("button", {
      type: "button", class: "quiet", hidden: true,
      onclick: () => this.retry(),
    }, "Try again");
    this.tally = h("span", {class: "tally muted"});
    this.form = h("form", {novalidate: true, onsubmit: event => {
      event.preventDefault();
      this.judge(false);
    }}, this.way.node, this.said,
    h("div", {class: "row"}, h("button", {}, "Check"), this.all, this.again,
      this.tally));
    question.after(this.form);
    this.classList.add("live");
    this.restore();
    document.addEventListener("scratchlm-saved", event => {
      const {key} = event.detail;
      if (key === null) this.restore();
      if (key === null || key.startsWith("quiz/")) this.count();
    });
    this.count();
  }

  restore() {
    const before = load(this.key);
    this.way.clear();
    this.said.replaceChildren();
    this.all.hidden = this.again.hidden = true;
    if (before && before.given !== undefined) {
      this.way.put(before.given);
      this.show(before.shown ?? false);
    }
  }

  show(all) {
    const {right, summary, words} = this.way.judge(all);
    this.said.replaceChildren(...(summary ? [summary] : []));
    this.all.hidden = right || all;
    this.again.hidden = !(right || all);
    return {right, words};
  }

  judge(all) {
    const lack = all ? null : this.way.empty();
    if (lack) {
      this.said.replaceChildren(lack);
      announce(lack);
      return;
    }
    const before = load(this.key, {tries: 0});
    const {right, words} = this.show(all);
    const tries = before.tries + (all || before.done ? 0 : 1);
    save(this.key, {
      given: this.way.given(), shown: all, tries,
      right: before.right || (right && !all),
      done: before.done || right || all,
    });
    announce([spoken(this.said), ...words].join(" "));
    if (this.all.hidden && all) this.again.focus();
  }

  retry() {
    this.way.clear();
    this.said.replaceChildren();
    this.all.hidden = this.again.hidden = true;
    const {given, shown, ...kept} = load(this.key, {});
    save(this.key, kept);
    this.form.querySelector("input").focus();
  }

  count() {
    const all = [...document.querySelectorAll("llm-quiz")];
    const done = all.filter(quiz => load(`quiz/${quiz.id}`)?.done);
    this.tally.textContent =
      `${done.length} of ${all.length} questions on this page done`;
  }
});
