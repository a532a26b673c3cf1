/* The parts of the explorer's interface and how they are drawn. What they
   do is in explorer-view.js, whose View is built on this. */

import { h } from "./dom.js";
import { spoken } from "./explorer-heads.js";
import { distribution } from "./explorer-sampling.js";
import { fileButton, megabytes } from "./llm-explorer.js";

const MANY = 40;            // tokens of the second button
const N_BARS = 10;
const MAX_TEXT = 4000;      // characters of a prompt

/** One decimal; what would be rounded to none or to all is said as such. */
export function percent(p) {
  if (p < 0.0005) return "< 0.1 %";
  return p > 0.9995 ? "> 99.9 %" : `${(100 * p).toFixed(1)} %`;
}

/** A control of a number: label, value, slider. */
function slider(label, attributes, show, changed) {
  const value = h("output", { "aria-hidden": "true" });
  const input = h("input", {
    type: "range", "aria-label": label, ...attributes,
    oninput: () => { refresh(); changed(); },
  });
  const refresh = () => {
    value.textContent = show(Number(input.value));
    input.setAttribute("aria-valuetext", value.textContent);
  };
  refresh();
  const node = h("label", { class: "setting" },
    h("span", {}, `${label}: `, value), input);
  return { node, refresh, input, get: () => Number(input.value) };
}

/** Builds and draws the parts; those that change are properties. */
export class Layout {
  buildPrompt() {
    const id = `${this.element.id}-prompt`;
    this.prompt = h("textarea", {
      id, rows: 3, maxlength: MAX_TEXT, spellcheck: "false",
      oninput: () => this.later(() => this.encode()),
    });
    this.prompt.value = this.prompts[0];
    const examples = h("select", {
      "aria-label": "Example prompts",
      onchange: () => {
        this.prompt.value = this.prompts[Number(examples.value)];
        this.act(() => this.encode());
      },
    }, this.prompts.map((text, i) => h("option", { value: i },
      `Example ${i + 1}: …${text.slice(-28).replace(/^\S*/, "")}`)));
    this.begin = h("input", { type: "checkbox", checked: true,
                              onchange: () => this.act(() => this.encode()) });
    this.beginLabel = h("label", { class: "tick" }, this.begin,
      " begin with the end-of-text token, as every story in training did");
    this.chips = h("ol", { class: "token-row", "aria-label": "Tokens" });
    return h("div", {}, h("label", { for: id }, "Prompt"), this.prompt,
      this.prompts.length > 1 ? examples : null, this.beginLabel);
  }

  buildButtons() {
    const button = (text, run, quiet) => {
      const made = h("button", {
        type: "button", class: quiet && "quiet",
        onclick: () => {
          if (made.getAttribute("aria-disabled") !== "true") run();
        } }, text);
      return made;
    };
    this.buttons = {
      one: button("Add 1 token", () => this.act(() => this.generate(1))),
      many: button(`Add ${MANY} tokens`,
                   () => this.act(() => this.generate(MANY))),
      stop: button("Stop", () => { this.stopped = true; }, true),
      undo: button("Undo", () => this.act(() => this.undo()), true),
      clear: button("Clear", () => this.act(() => this.clear()), true),
    };
    return h("div", { class: "tools" }, Object.values(this.buttons));
  }

  buildNext() {
    const changed = () => this.drawNext();
    this.temperature = slider("Temperature",
      { min: 0.1, max: 2, step: 0.05, value: 1 }, (v) => v.toFixed(2),
      changed);
    this.topK = slider("Top-k", { min: 0, max: 50, step: 1, value: 0 },
      (v) => (v ? String(v) : "off"), changed);
    this.topP = slider("Top-p", { min: 0.01, max: 1, step: 0.01, value: 1 },
      (v) => (v < 1 ? v.toFixed(2) : "off"), changed);
    this.seed = h("input", { type: "number", min: 0, max: 2 ** 32 - 1,
                             step: 1, value: 1 });
    this.greedy = h("input", { type: "checkbox" });
    this.bars = h("ol", { class: "next-list",
                          "aria-label": "Most probable next tokens" });
    this.kept = h("p", { class: "muted kept" });
    return h("div", {},
      h("p", { class: "part-title" }, "What comes next"),
      h("p", { class: "muted" }, "A click on a token adds it."),
      this.bars, this.kept,
      h("div", { class: "settings" }, this.temperature.node, this.topK.node,
        this.topP.node),
      h("div", { class: "tools" },
        h("label", { class: "seed" }, "Seed ", this.seed),
        h("label", { class: "tick" }, this.greedy,
          " greedy: always the most probable")));
  }

  buildTraining() {
    const last = this.checkpoints.length - 1;
    const step = (i) => this.checkpoints[i].step.toLocaleString("en");
    if (last < 1) return null;
    this.steps = slider("Training steps", { min: 0, max: last, value: last },
      step, () => this.later(() => this.openStep(this.steps.get())));
    this.visited = h("tbody");
    this.all = h("button", {
      type: "button", class: "quiet",
      onclick: () => this.act(() => this.visitAll()) },
    `Ask all ${last + 1} (${megabytes(this.checkpoints.reduce(
      (sum, { bytes }) => sum + bytes, 0))} MB)`);
    return h("div", {},
      h("p", { class: "part-title" }, "The same model, earlier in training"),
      this.steps.node,
      h("p", { class: "muted" }, "Each is loaded when you go there and is "
        + "asked the same tokens."),
      h("table", { class: "visits" },
        h("caption", {}, "What each expects after these tokens"),
        h("thead", {}, h("tr", {},
          ["Training steps", "Most probable", "Probability"].map(
            (name) => h("th", { scope: "col" }, name)))),
        this.visited), this.all);
  }

  buildFoot() {
    this.about = h("p", { class: "muted about" });
    return h("div", { class: "foot" }, this.about, h("div", { class: "tools" },
      fileButton((file) => this.act(() => this.openFile(file)))));
  }

  /* --- drawing ----------------------------------------------------------- */

  word(id) { return this.words.get(id) ?? ""; }

  drawChips() {
    const { ids, promptIds } = this;
    while (this.chips.childElementCount > ids.length) {
      this.chips.lastChild.remove();
    }
    ids.forEach((id, i) => {
      const word = this.word(id), made = i >= promptIds.length;
      const chip = this.chips.children[i];
      const same = chip?.textContent === word
        && chip.dataset.made === `${made}`;
      if (same) return;
      const fresh = h("li", { class: "token", "data-made": `${made}` }, word);
      if (chip) chip.replaceWith(fresh);
      else this.chips.append(fresh);
    });
    this.drawStatus();
  }

  drawStatus() {
    if (!this.model) return;
    const { ids } = this;
    const { context_length: room } = this.model.config;
    const speed = this.rate && this.made.length
      ? `, ${this.rate.perToken.toFixed(1)} ms a token` : "";
    const full = ids.length >= room ? "; the context is full" : "";
    const ended = this.made.length && this.made.at(-1) === this.model.endId
      ? "; the story has ended" : "";
    const none = this.logits && this.heads.maps === null
      ? "; so many are too much to draw their attention" : "";
    this.status.textContent =
      `${ids.length} of ${room} tokens${speed}${full}${ended}${none}.`;
  }

  drawNext() {
    if (!this.logits) return;
    const { all, chances, nKept } = this.distribution();
    const top = [...this.ranked.subarray(0, N_BARS)];
    const active = [...this.bars.querySelectorAll("button")]
      .indexOf(document.activeElement);
    this.bars.replaceChildren(...top.map((id) =>
      this.bar(id, chances[id], all[id])));
    if (active >= 0) this.bars.querySelectorAll("button")[active].focus();
    this.kept.textContent = nKept === all.length
      ? `All ${nKept.toLocaleString("en")} tokens can be drawn.`
      : `${nKept} of ${all.length.toLocaleString("en")} tokens can be drawn.`;
    this.publish();
  }

  /* The whole track is a probability of 1, so bars show how sure it is. */
  bar(id, chance, before) {
    const word = this.word(id), cut = chance === 0;
    const width = `width: ${100 * (cut ? before : chance)}%`;
    return h("li", {}, h("button", {
      type: "button", class: cut ? "next cut" : "next",
      "aria-label": `${spoken(word)}, ${cut ? "cut off" : percent(chance)}`,
      onclick: () => this.act(() => this.append(id)),
    }, h("code", {}, word),
    h("span", { class: "next-track" },
      h("span", { class: "next-fill", style: width })),
    h("span", { class: "next-share" }, cut ? "cut" : percent(chance))));
  }

  /* Note what this checkpoint expects, whatever the settings are. */
  visit() {
    const { step } = this.model, [best] = this.ranked;
    if (step === null || !this.visited) return;
    const { all } = distribution(this.logits, this.ranked, {});
    this.visits.set(step, [this.word(best), all[best]]);
    const rows = [...this.visits].sort(([a], [b]) => a - b);
    this.visited.replaceChildren(...rows.map(([step, [word, chance]]) =>
      h("tr", { "aria-current": step === this.model.step ? "true" : null },
        h("td", {}, step.toLocaleString("en")),
        h("td", {}, h("code", {}, word)), h("td", {}, percent(chance)))));
  }

  drawMaps(maps) {
    this.heads.maps = maps;
    if (!maps) return this.drawStatus();
    const { n_layers: layers, n_heads: heads } = this.model.config;
    this.heads.update({
      maps, layers, heads, words: this.ids.map((id) => this.word(id)) });
    this.publish();
  }
}
