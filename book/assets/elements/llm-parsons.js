/* <llm-parsons>: lines of code to put in order, by buttons or keys. Graded
   by partial order: a line may stand anywhere after the lines it needs. */

import {announce, copies, h, read} from "./dom.js";
import {whenNear} from "./later.js";
import {load, save} from "./store.js";

const icon = name => h("span", {class: `icon ${name}`, "aria-hidden": "true"});

/** What is wrong with `got`, the line numbers that are kept, top down: null,
    or {kind: "extra" or "early", place}, place counted in `got` from 0, or
    {kind: "missing", n}. `after[i]` are the lines that line i needs above
    it, null for one that does not belong. */
export function fault(got, after) {
  const extra = got.findIndex(i => after[i] === null);
  if (extra >= 0) return {kind: "extra", place: extra};
  const belong = after.filter(needs => needs !== null).length;
  if (got.length < belong) return {kind: "missing", n: belong - got.length};
  const above = new Set();
  for (const [place, i] of got.entries()) {
    if (after[i].some(need => !above.has(need))) {
      return {kind: "early", place};
    }
    above.add(i);
  }
  return null;
}

/** `got` with lines of the same text numbered in their order, top down:
    which of two equal lines is which cannot matter. */
export function settled(got, texts) {
  const first = new Map();
  [...got].sort((a, b) => a - b).forEach(i => {
    first.set(texts[i], [...first.get(texts[i]) ?? [], i]);
  });
  return got.map(i => first.get(texts[i]).shift());
}

customElements.define("llm-parsons", class extends HTMLElement {
  connectedCallback() {
    if (this.know) return;
    this.know = read(this);
    this.key = `parsons/${this.id}`;
    whenNear(this, () => this.start());
  }

  start() {
    this.codes = [];
    const shown = this.querySelectorAll(":scope > ol > li > code");
    this.know.order.forEach((line, place) => {
      this.codes[line] = shown[place];
    });
    const question = this.querySelector(".question");
    question.id ||= `${this.id}-question`;
    this.list = h("ol", {
      class: "parsons-live", "aria-labelledby": question.id,
      onkeydown: event => this.press(event),
    });
    this.said = h("div", {class: "said"});
    this.live = h("div", {class: "parsons"},
      h("p", {class: "prompt"}, "Move a line with its buttons, or with ",
        h("kbd", {}, "Alt"), " and the arrow keys; ",
        h("kbd", {}, "Delete"), " leaves it out."),
      this.list, this.said,
      h("div", {class: "row"},
        h("button", {type: "button", onclick: () => this.check()}, "Check"),
        h("button", {type: "button", class: "quiet",
          onclick: () => this.reset()}, "Start again")));
    question.after(this.live);
    this.classList.add("live");
    this.restore();
    document.addEventListener("scratchlm-saved", event => {
      if (event.detail.key === null) this.restore();
    });
  }

  restore() {
    const before = load(this.key, {});
    const whole = before.order?.length === this.know.order.length
      && this.know.order.every(line => before.order.includes(line));
    this.order = [...whole ? before.order : this.know.order];
    this.out = new Set(whole ? before.out : []);
    this.done = before.done ?? false;
    this.draw();
    this.said.replaceChildren();
    if (whole && before.solved) this.tell();
  }

  keep(solved = false) {
    this.done ||= solved;
    save(this.key, {
      order: this.order, out: [...this.out], done: this.done, solved,
    });
  }

  text(line) {
    return this.codes[line].textContent;
  }

  draw() {
    this.list.replaceChildren(...this.order.map((line, place) =>
      this.row(line, place)));
  }

  row(line, place) {
    const off = this.out.has(line), name = this.text(line).trim();
    const last = place === this.order.length - 1;
    const button = (does, words, inside, end, run) => h("button", {
      type: "button", class: "small", "data-does": does, onclick: run,
      "aria-label": `${words}: ${name}`, "aria-disabled": end && "true",
    }, inside);
    const code = this.codes[line].cloneNode(true);
    code.style.setProperty("--indent", code.textContent.search(/\S|$/));
    return h("li", {class: off ? "off" : null, "data-line": line},
      off ? h("span", {class: "unseen"}, "left out: ") : null, code,
      h("span", {class: "buttons"},
        button("up", "Move up", icon("up"), !place,
          () => this.move(place, -1, "up")),
        button("down", "Move down", icon("down"), last,
          () => this.move(place, 1, "down")),
        button("out", off ? "Put back" : "Leave out",
          off ? "Put back" : "Leave out", false, () => this.toggle(place))));
  }

  focusOn(place, does) {
    this.list.children[place].querySelector(`[data-does=${does}]`).focus();
  }

  move(place, step, does) {
    const to = place + step;
    if (to < 0 || to >= this.order.length) return;
    const [line] = this.order.splice(place, 1);
    this.order.splice(to, 0, line);
    this.changed(to, does,
      `Now line ${to + 1} of ${this.order.length}: ${this.text(line).trim()}`);
  }

  toggle(place, does = "out") {
    const line = this.order[place], back = this.out.delete(line);
    if (!back) this.out.add(line);
    this.changed(place, does,
      `${back ? "Put back" : "Left out"}: ${this.text(line).trim()}`);
  }

  changed(place, does, words) {
    this.said.replaceChildren();
    this.keep();
    this.draw();
    this.focusOn(place, does);
    announce(words);
  }

  press(event) {
    const row = event.target.closest("li");
    if (!row) return;
    const place = [...this.list.children].indexOf(row);
    const does = event.target.dataset.does ?? "up";
    const step = {ArrowUp: -1, ArrowDown: 1}[event.key];
    if (step && event.altKey) {
      this.move(place, step, does);
    } else if (step && !event.ctrlKey && !event.metaKey) {
      const to = place + step;
      if (this.list.children[to]) this.focusOn(to, does);
    } else if (event.key === "Delete") {
      this.toggle(place, does);
    } else {
      return;
    }
    event.preventDefault();
  }

  /* The first thing that is wrong with what stands there. */
  fault() {
    const texts = this.codes.map(code => code.textContent);
    return fault(settled(this.kept(), texts), this.know.after);
  }

  kept() {
    return this.order.filter(line => !this.out.has(line));
  }

  check() {
    this.keep(this.fault() === null);
    this.tell();
    announce(this.said.textContent.replace(/\s+/g, " "));
  }

  tell() {
    const wrong = this.fault();
    const name = line => h("code", {}, this.text(line).trim());
    const say = (...words) => this.said.replaceChildren(
      h("strong", {class: wrong ? "verdict no" : "verdict yes"},
        wrong ? "Not yet." : "Right."), " ", ...words);
    const line = this.kept()[wrong?.place];
    for (const row of this.list.children) {
      row.classList.toggle("misplaced", Number(row.dataset.line) === line);
    }
    if (!wrong) {
      say("Every line stands after those it needs. ",
        ...this.know.distractors.flatMap(extra => this.reason(extra)));
    } else if (wrong.kind === "extra") {
      say(...this.reason(line));
    } else if (wrong.kind === "missing") {
      say(wrong.n === 1 ? "A line that belongs is left out."
        : `${wrong.n} lines that belong are left out.`);
    } else {
      say("The first line in a wrong place is ", name(line),
        ": something that it needs stands below it.");
    }
  }

  /* Why a line does not belong, as the page says it. */
  reason(line) {
    const place = this.know.order.filter(i =>
      this.know.distractors.includes(i)).indexOf(line);
    return copies(this.querySelectorAll(":scope > details .why")[place]);
  }

  reset() {
    save(this.key, this.done ? {done: true} : undefined);
    this.restore();
    announce("The lines stand as at the start.");
  }
});
