/* One word, merge by merge, with the rank of every pair in sight. Part of
   llm-tokens. */

import {announce, h} from "./dom.js";
import {plural} from "./number.js";
import {visible, visibleText} from "./visible.js";

export class MergeStepper {
  /* id: for its parts' ids; word: the one to begin with */
  constructor(id, word) {
    this.at = 0;
    this.field = h("input", {
      id: `${id}-word`, type: "text", maxlength: "48", autocomplete: "off",
      spellcheck: "false", autocapitalize: "off", class: "mono",
      oninput: () => this.#start()});
    this.field.value = word;
    this.back = this.#button("Back", -1);
    this.next = this.#button("Next merge", 1);
    this.chips = h("ol", {
      class: "token-list ranked", "aria-label": "The word's tokens now"});
    this.said = h("p", {class: "step-said"});
    this.done = h("ol", {
      class: "merges-done", "aria-label": "Merges so far"});
    this.node = h("div", {class: "merge-stepper", hidden: true},
      h("p", {class: "panel-title", id: `${id}-merges`},
        "Watch one word being merged"),
      h("div", {class: "fields"},
        h("div", {class: "grow"},
          h("label", {for: `${id}-word`},
            "Word, with the space before it"),
          this.field),
        this.back, this.next),
      this.chips, this.said, this.done);
  }

  /** Use another vocabulary. */
  use(bpe, title) {
    this.bpe = bpe;
    this.title = title;
    this.node.hidden = false;
    this.#start();
  }

  /** Show the merges of a word of the text. */
  follow(word) {
    this.field.value = word;
    this.#start();
  }

  #button(text, by) {
    return h("button", {
      type: "button", class: by < 0 ? "quiet" : null, onclick: () => {
        const to = this.at + by;
        if (to < 0 || to > this.steps.length) return;
        this.at = to;
        this.#show();
        announce(this.said.textContent);
      }}, text);
  }

  #start() {
    const words = this.bpe.preSplit(this.field.value);
    this.word = words[0] ?? "";
    this.others = words.length - 1;
    this.steps = this.bpe.steps(this.word);
    this.at = 0;
    this.#show();
  }

  #show() {
    const {bpe, steps, at} = this;
    const step = steps[at];
    const ids = step ? step.ids : bpe.encode(this.word);
    this.chips.replaceChildren(...ids.map((id, i) =>
      this.#ranked(id, ids[i + 1], step?.rank)));
    this.said.textContent = this.#words(step, ids.length);
    this.done.replaceChildren(...steps.slice(0, at).map(one =>
      h("li", {}, `rank ${one.rank}: `, ...this.#merge(one))));
    this.done.hidden = at === 0;
    // aria-disabled keeps the focus on a button that has come to its end
    this.back.setAttribute("aria-disabled", String(at === 0));
    this.next.setAttribute("aria-disabled", String(!step));
  }

  #text(id) { return visible(this.bpe.bytes(id)); }

  #merge({pair: [left, right], newId}) {
    return [h("code", {}, this.#text(left)), " + ",
      h("code", {}, this.#text(right)), " → ",
      h("code", {}, this.#text(newId)), ` (id ${newId})`];
  }

  /* A chip, and after it the rank of its pair with the next. */
  #ranked(id, following, lowest) {
    const rank = following === undefined ? null
      : this.bpe.rank(id, following) ?? "none";
    return h("li", {},
      h("span", {class: "chip"},
        h("span", {class: "chip-text"}, this.#text(id)),
        h("small", {}, String(id))),
      rank !== null && h("span", {
        class: rank === lowest ? "rank lowest" : "rank"},
        h("span", {class: "unseen"}, "rank of the pair "),
        rank === "none" ? "–" : String(rank)) || null);
  }

  #words(step, n) {
    const first = this.others
      ? `The pre-split makes ${this.others + 1} words of this; the first, ${
        visibleText(this.word)}, is shown. ` : "";
    if (!this.word) return "Write a word.";
    const place = `${this.at} of ${plural(this.steps.length, "merge")} done`;
    if (!step) {
      return `${first}${place}. No pair here has a rank, so this is the end: ${
        plural(n, "token")}.`;
    }
    const [left, right] = step.pair.map(id => this.#text(id));
    return `${first}${place}. The lowest rank here is ${step.rank}: ${
      left} and ${right} are joined next.`;
  }
}
