/* The tokenizer playground: guess how many tokens a text has, see them with
   their ids and bytes, compare two vocabularies, watch a word being merged.

   config: {text, word, vocabulary}: what it begins with, all optional.
   Facts for tasks:
     more_tokens_than_characters   true or false
     space_saves_a_token           the text is one word of 5 letters, one
                                   token after a space and two without
     small_beats_large             of two vocabularies the smaller one
                                   needs fewer tokens for the text */

import {BytePairEncoding} from "./bpe.js";
import {announce, h, read} from "./dom.js";
import {MergeStepper} from "./merge-stepper.js";
import {number, plural} from "./number.js";
import {tasks} from "./tasks.js";
import {TokenPanel} from "./token-panel.js";
import {index, size, vocabulary} from "./vocabularies.js";

const PAUSE = 150;   // milliseconds without a key before the text is cut
const OWN = "own";

class Tokens extends HTMLElement {
  async connectedCallback() {
    if (this.ready) return;
    this.ready = true;
    const {config = {}, tasks: list} = read(this);
    try {
      this.index = await index();
    } catch {
      return;   // the static part stays
    }
    this.loaded = {};
    this.files = {};
    this.build(config);
    this.querySelector(".widget-static").hidden = true;
    this.append(this.panel);
    tasks(this, list);
    this.relabel();
  }

  // --- building ------------------------------------------------------------

  build(config) {
    const id = this.id;
    this.text = h("textarea", {
      id: `${id}-text`, rows: "3", class: "mono", spellcheck: "false",
      oninput: () => this.edited()});
    this.text.value = config.text ?? "";
    this.guess = h("input", {
      id: `${id}-guess`, type: "text", inputmode: "numeric", size: "6",
      autocomplete: "off",
      onkeydown: event => event.key === "Enter" && this.press()});
    this.first = this.choice(`${id}-first`, false);
    this.second = this.choice(`${id}-second`, true);
    this.first.value = config.vocabulary ?? this.first.options[0].value;
    this.go = h("button", {type: "button", onclick: () => this.press()});
    this.said = h("p", {class: "said"});
    this.panels = [0, 1].map(i =>
      new TokenPanel(`${id}-${i}`, at => this.follow(i, at)));
    this.totals = h("p", {class: "totals"});
    this.side = h("div", {class: "side-by-side", hidden: true}, this.totals,
      this.panels.map(panel => panel.node));
    this.stepper = new MergeStepper(id, config.word ?? "");
    this.panel = h("div", {class: "tokens-panel"},
      this.field(this.text, "Text"),
      h("div", {class: "fields"},
        this.field(this.first, "Vocabulary"),
        this.field(this.second, "Compare with"),
        this.field(this.guess, "Your guess: tokens"), this.go),
      this.said, this.side, this.stepper.node, this.ownFile());
  }

  field(control, label) {
    return h("div", {}, h("label", {for: control.id}, label), control);
  }

  choice(id, optional) {
    const options = Object.entries(this.index).map(([name, about]) =>
      h("option", {value: name},
        `${about.title} (${about.n_tokens.toLocaleString("en")})`));
    if (optional) options.unshift(h("option", {value: ""}, "nothing"));
    return h("select", {id, onchange: () => this.chosen()}, options);
  }

  ownFile() {
    const id = `${this.id}-file`;
    const input = h("input", {
      id, type: "file", accept: ".json",
      onchange: async () => {
        await this.openFile(input.files[0]);
        input.value = "";   // so that the same file can be opened again
      }});
    return h("details", {class: "fold"},
      h("summary", {}, "Use a vocabulary that you trained"),
      h("div", {class: "fold-body"},
        h("label", {for: id}, "A file that BPETokenizer.save wrote; it stays "
          + "on your computer"), input));
  }

  // --- what the reader does ------------------------------------------------

  get names() {
    return [this.first.value, this.second.value].filter(Boolean);
  }

  get missing() {
    return [...new Set(this.names)].filter(name => !this.loaded[name]);
  }

  title(name) { return this.files[name] ?? this.index[name].title; }

  relabel() {
    const bytes = this.missing.map(name => this.index[name].bytes)
      .reduce((a, b) => a + b, 0);
    this.go.textContent = bytes ? `Load ${size(bytes)} and count`
      : this.side.hidden ? "Count the tokens" : "Hide, guess again";
  }

  async press() {
    if (!this.side.hidden && !this.missing.length) return this.again();
    if (this.side.hidden && Number.isNaN(number(this.guess.value))) {
      this.say("Guess first: any number will do.");
      this.guess.focus();
      return;
    }
    if (!await this.load()) return;
    const guessed = this.side.hidden;
    this.side.hidden = false;
    await this.update();
    if (guessed) this.judge();
    this.relabel();
  }

  async load() {
    for (const name of this.missing) {
      this.go.setAttribute("aria-disabled", "true");
      try {
        this.loaded[name] = await vocabulary(name);
      } catch (error) {
        this.say(`${this.title(name)} could not be loaded (${error.message}).`
          + " Are you online? Press the button to try again.");
        return false;
      } finally {
        this.go.removeAttribute("aria-disabled");
      }
    }
    this.useStepper();
    return true;
  }

  useStepper() {
    const name = this.first.value, bpe = this.loaded[name];
    if (bpe && this.stepper.bpe !== bpe) {
      this.stepper.use(bpe, this.title(name));
    }
  }

  again() {
    this.side.hidden = true;
    this.facts = {};
    this.guess.value = "";
    this.say("");
    this.guess.focus();
    this.relabel();
  }

  edited() {
    clearTimeout(this.timer);
    this.facts = {};   // until the new text is cut
    if (this.side.hidden) return;
    this.say("");
    this.timer = setTimeout(async () => {
      await this.update();
      announce(plural(this.nTokens, "token"));
    }, PAUSE);
  }

  chosen() {
    this.relabel();
    if (this.missing.length) return;
    this.useStepper();
    if (!this.side.hidden) this.update();
  }

  /* The word around the token that was chosen goes to the stepper. */
  follow(which, at) {
    if (which !== 0) return;
    const {bpe, ids} = this.panels[0];
    let start = 0;
    for (const id of ids.slice(0, at)) start += bpe.bytes(id).length;
    let end = 0;
    for (const word of bpe.preSplit(this.text.value)) {
      end += new TextEncoder().encode(word).length;
      if (end > start) return this.stepper.follow(word);
    }
  }

  async openFile(file) {
    if (!file) return;
    let bpe;
    try {
      bpe = BytePairEncoding.fromJSON(JSON.parse(await file.text()));
    } catch (error) {
      this.say(`${file.name} cannot be used: ${error.message}.`);
      return;
    }
    this.loaded[OWN] = bpe;
    this.files[OWN] = file.name;
    for (const select of [this.first, this.second]) {
      select.querySelector(`[value=${OWN}]`)?.remove();
      select.append(h("option", {value: OWN}, file.name));
    }
    this.first.value = OWN;
    this.say(`${file.name} is loaded.`);
    this.chosen();
  }

  // --- what it shows -------------------------------------------------------

  say(text) {
    this.said.textContent = text;
    if (text) announce(text);
  }

  /* Cut the text with the chosen vocabularies; the last call wins. */
  async update() {
    this.running?.abort();
    if (this.missing.length) return;
    const {signal} = this.running = new AbortController();
    const text = this.text.value.toWellFormed();
    const names = this.names;
    const nBytes = new TextEncoder().encode(text).length;
    const cut = [];
    for (const name of names) {
      const ids = await this.loaded[name].encodeInSlices(text, signal);
      if (ids === null || signal.aborted) return;
      cut.push(ids);
    }
    names.forEach((name, i) => this.panels[i].show(
      this.loaded[name], this.title(name), cut[i], nBytes));
    this.panels[1].node.hidden = names.length < 2;
    this.side.classList.toggle("two", names.length > 1);
    this.publish(text, names.map(name => this.loaded[name]), cut);
    this.totals.textContent = `${plural([...text].length, "character")}, ${
      plural(nBytes, "byte")}`;
  }

  publish(text, [bpe, other], [ids, others]) {
    const word = text.trim(), n = [...text].length;
    const count = spelled => bpe.encode(spelled).length;
    this.nTokens = ids.length;
    this.facts = {
      more_tokens_than_characters: ids.length > n,
      space_saves_a_token: /^\p{L}{5}$/u.test(word)
        && count(" " + word) === 1 && count(word) === 2,
      small_beats_large: Boolean(other)
        && (bpe.vocabSize - other.vocabSize)
        * (ids.length - others.length) > 0,
    };
  }

  judge() {
    const guess = number(this.guess.value);
    const off = Math.abs(guess - this.nTokens);
    this.say(`${plural(this.nTokens, "token")}. ` + (off
      ? `You guessed ${guess}: off by ${off}.` : "Your guess was exact."));
  }
}

customElements.define("llm-tokens", Tokens);
