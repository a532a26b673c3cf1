/* The window explorer: the windows over a text for any length, stride and
   batch size, with inputs, targets and counts.

   config: {text, length, stride, batch, drop_last, vocabulary}, all
   optional; the tokens are the words of the pre-split until the reader loads
   the vocabulary.
   Facts for tasks:
     windows, batches   how many
     overlap            inputs that a window shares with the next
     left_out           windows that are in no batch
     skipped            tokens between two windows that are never a target
     each_once          every token but the first is a target exactly once */

import {preSplit} from "./bpe.js";
import {announce, h, read} from "./dom.js";
import {tasks} from "./tasks.js";
import {plural} from "./number.js";
import {visible, visibleText} from "./visible.js";
import {index, size, vocabulary} from "./vocabularies.js";
import {countsOf} from "./window-counts.js";
import {MOST_TOKENS, MOST_WINDOWS, windowMap} from "./window-map.js";
import {batchTables, chipInWindow, pairsTable} from "./window-tables.js";
import {batches, countWindows, timesTarget} from "./windows.js";

const MOST_BATCHES = 4;
const PAUSE = 600;   // milliseconds without a change, then counts are said

class Window extends HTMLElement {
  connectedCallback() {
    if (this.ready) return;
    this.ready = true;
    const {config = {}, tasks: list} = read(this);
    this.chosen = 0;
    this.build(config);
    this.querySelector(".widget-static").hidden = true;
    this.append(this.panel);
    tasks(this, list);
    this.cut();
    this.offer(config.vocabulary ?? "stories");
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.map);
  }

  // --- building ------------------------------------------------------------

  build(config) {
    const id = this.id;
    this.text = h("textarea", {
      id: `${id}-text`, rows: "3", class: "mono", spellcheck: "false",
      oninput: () => this.cut()});
    this.text.value = config.text ?? "";
    this.numbers = {
      length: this.number("length", config.length ?? 4),
      stride: this.number("stride", config.stride ?? 4),
      batch: this.number("batch", config.batch ?? 2),
    };
    this.drop = h("input", {
      id: `${id}-drop`, type: "checkbox", onchange: () => this.update()});
    this.drop.checked = config.drop_last ?? false;
    this.cutter = h("button", {
      type: "button", class: "quiet", hidden: true,
      onclick: () => this.switchTokens()});
    this.said = h("p", {class: "said"});
    this.counts = h("dl", {class: "counts"});
    this.map = h("div", {class: "window-map", tabindex: "0", role: "region",
      "aria-label": "Picture of all windows"});
    this.note = h("p", {class: "said muted"});
    this.one = this.buildOne();
    this.grid = h("div", {class: "batches", tabindex: "0", role: "region",
      "aria-label": "Batches"});
    this.rest = h("p", {class: "said"});
    this.shown = h("div", {}, this.counts, this.legend(), this.map,
      this.note, this.one, h("p", {class: "panel-title"}, "Batches"),
      this.grid, this.rest);
    this.panel = h("div", {class: "window-panel"},
      this.field(this.text, "Text"),
      h("div", {class: "fields"},
        this.field(this.numbers.length, "Length"),
        this.field(this.numbers.stride, "Stride"),
        this.field(this.numbers.batch, "Batch size"),
        h("label", {class: "tick", for: this.drop.id}, this.drop,
          "Drop a last batch that is not full")),
      h("div", {class: "fields"}, this.cutter),
      this.said, this.shown);
  }

  field(control, label) {
    return h("div", {}, h("label", {for: control.id}, label), control);
  }

  number(name, value) {
    const field = h("input", {
      id: `${this.id}-${name}`, type: "number", min: "1", step: "1",
      oninput: () => this.update()});
    field.value = value;
    return field;
  }

  legend() {
    return h("p", {class: "legend"},
      h("span", {class: "key input"}), "inputs (x), above; ",
      h("span", {class: "key target"}), "targets (y), one token later; ",
      h("span", {class: "key times"}), "times a token is a target");
  }

  buildOne() {
    this.back = h("button", {
      type: "button", class: "quiet", onclick: () => this.step(-1)}, "Back");
    this.next = h("button", {
      type: "button", class: "quiet", onclick: () => this.step(1)}, "Next");
    this.which = h("span", {class: "which"});
    this.chips = h("ol", {
      class: "token-list in-window", "aria-label": "Tokens"});
    this.pairs = h("div", {class: "pairs", tabindex: "0", role: "region",
      "aria-label": "Inputs and targets of the window"});
    return h("div", {class: "one-window"},
      h("div", {class: "fields"}, this.back, this.next, this.which),
      this.chips, this.pairs);
  }

  // --- tokens --------------------------------------------------------------

  /* Offer a vocabulary; the page works without it. */
  async offer(name) {
    try {
      this.about = {name, ...(await index())[name]};
    } catch {
      return;
    }
    this.cutter.hidden = false;
    this.relabel();
  }

  relabel() {
    this.cutter.textContent = this.bpe ? "Use whole words as tokens"
      : `Use the ${this.about.title} vocabulary (load ${
        size(this.about.bytes)})`;
  }

  async switchTokens() {
    try {
      this.bpe = this.bpe ? null : await vocabulary(this.about.name);
    } catch (error) {
      this.said.textContent = `It could not be loaded (${error.message}). `
        + "Are you online? Press the button to try again.";
      announce(this.said.textContent);
      return;
    }
    this.relabel();
    this.cut();
  }

  cut() {
    const text = this.text.value.toWellFormed();
    this.tokens = this.bpe
      ? this.bpe.encode(text).map(id => visible(this.bpe.bytes(id)))
      : preSplit(text).map(visibleText);
    this.update();
  }

  // --- counting ------------------------------------------------------------

  /* The three numbers, or null and a message about a wrong one. */
  settings() {
    const values = {};
    for (const [name, field] of Object.entries(this.numbers)) {
      const value = Number(field.value);
      const right = field.value !== "" && Number.isInteger(value) && value > 0;
      field.toggleAttribute("aria-invalid", false);
      if (!right) {
        field.setAttribute("aria-invalid", "true");
        this.said.textContent = `${name}=${field.value || "nothing"}, but it `
          + "must be a whole number of at least 1";
        return null;
      }
      values[name] = value;
    }
    this.said.textContent = "";
    return values;
  }

  update() {
    const values = this.settings();
    this.shown.hidden = !values;
    this.facts = {};
    if (!values) return;
    const nTokens = this.tokens.length;
    const {length, stride, batch} = values;
    const nWindows = countWindows(nTokens, length, stride);
    Object.assign(this, values, {nTokens, nWindows});
    this.batches = batches(nWindows, batch, this.drop.checked);
    this.chosen = Math.max(0, Math.min(this.chosen, nWindows - 1));
    this.publish();
    this.counts.replaceChildren(...countsOf({
      ...this.facts, ...values, nTokens, dropLast: this.drop.checked}));
    this.draw();
    this.showOne();
    this.showBatches();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => announce(`${plural(nWindows, "window")}, ${
      plural(this.batches.length, "batch", "batches")}`), PAUSE);
  }

  publish() {
    const {nTokens, nWindows, length, stride} = this;
    const times = timesTarget(nTokens, length, stride);
    const inBatches = this.batches.flat().length;
    this.facts = {
      windows: nWindows,
      batches: this.batches.length,
      overlap: nWindows > 1 ? Math.max(0, length - stride) : 0,
      left_out: nWindows - inBatches,
      skipped: Math.max(0, nWindows - 1) * Math.max(0, stride - length),
      each_once: nTokens > 1 && times.slice(1).every(n => n === 1),
    };
  }

  // --- showing -------------------------------------------------------------

  draw() {
    if (!this.nTokens || this.shown.hidden) {
      this.map.replaceChildren();
      return;
    }
    const {nTokens, nWindows, length, stride, chosen} = this;
    this.map.replaceChildren(windowMap({
      nTokens, nWindows, length, stride, chosen,
      width: this.map.clientWidth - 6, choose: i => this.choose(i)}));
    const cut = nTokens > MOST_TOKENS || nWindows > MOST_WINDOWS;
    this.note.textContent = cut
      ? `The picture shows the first ${MOST_TOKENS} tokens and ${
        MOST_WINDOWS} windows at most.` : "";
  }

  step(by) {
    this.choose(this.chosen + by);
    announce(this.which.textContent);
  }

  choose(i) {
    if (i < 0 || i >= this.nWindows) return;
    this.chosen = i;
    this.draw();
    this.showOne();
  }

  showOne() {
    const {chosen, nWindows, length, stride} = this;
    const start = chosen * stride;
    this.one.hidden = nWindows === 0;
    this.back.setAttribute("aria-disabled", String(chosen === 0));
    this.next.setAttribute("aria-disabled", String(chosen === nWindows - 1));
    this.which.textContent = `Window ${chosen}, the last is ${nWindows - 1}: `
      + `inputs from token ${start} to ${start + length - 1}`;
    const first = Math.max(0, start - 8);
    const around = this.tokens.slice(first, start + length + 9);
    this.chips.replaceChildren(...around.slice(0, MOST_TOKENS).map(
      (text, i) => chipInWindow(text, first + i, start, length)));
    this.chips.setAttribute("aria-label",
      `Tokens ${first} to ${first + around.length - 1}`);
    this.pairs.replaceChildren(pairsTable(this.tokens, start, length));
  }

  showBatches() {
    const shown = this.batches.slice(0, MOST_BATCHES);
    const more = this.batches.length - shown.length;
    this.grid.replaceChildren(...shown.map((windows, b) =>
      batchTables(this.tokens, windows, b, this)));
    this.grid.hidden = !shown.length;
    this.rest.textContent = this.batches.length === 0
      ? "No batch is full." : more > 0 ? `And ${more} more.` : "";
  }
}

customElements.define("llm-window", Window);
