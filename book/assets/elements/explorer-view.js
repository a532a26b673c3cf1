/* The explorer's interface: prompt, tokens, what comes next, training steps,
   attention. The state is a list of token ids; text that was generated is
   never encoded again. */

import { announce, asset, h } from "./dom.js";
import { tasks } from "./tasks.js";
import { Heads, spoken } from "./explorer-heads.js";
import { distribution, draw, uniform } from "./explorer-sampling.js";
import { Layout, percent } from "./explorer-layout.js";
import { megabytes } from "./llm-explorer.js";

const PAUSE = 250;          // milliseconds without a key, then it computes
const CLOSE_TO = 1e-4;      // logits that differ less from PyTorch's agree

/* The worker as a function that can be awaited. */
function connected() {
  const worker = new Worker(
    new URL("./explorer-worker.js", import.meta.url), { type: "module" });
  const waiting = new Map();
  let count = 0;
  worker.onmessage = ({ data: { id, answer, refusal, bytes } }) => {
    const { resolve, reject, tell } = waiting.get(id);
    if (bytes !== undefined) return tell?.(bytes);
    waiting.delete(id);
    return refusal === undefined ? resolve(answer)
      : reject(new Error(refusal));
  };
  worker.onerror = () => {
    for (const { reject } of waiting.values()) {
      reject(new Error("The model could not be started in this browser."));
    }
    waiting.clear();
  };
  const ask = (what, rest, tell) => new Promise((resolve, reject) => {
    count += 1;
    waiting.set(count, { resolve, reject, tell });
    worker.postMessage({ id: count, what, ...rest });
  });
  return { ask, close: () => worker.terminate() };
}

/** State and actions; the parts come from Layout. */
export class View extends Layout {
  constructor(element, { config = {}, tasks: list }, checkpoints) {
    super();
    Object.assign(this, { element, config, list, checkpoints });
    Object.assign(this, connected());
    this.prompts = config.prompts ?? [""];
    this.promptIds = [];
    this.made = [];       // ids after the prompt
    this.history = [];    // lengths of `made` to go back to
    this.words = new Map();
    this.visits = new Map();   // step: what it expects after these tokens
    this.build();
  }

  /* --- the parts --------------------------------------------------------- */

  build() {
    this.status = h("p", { class: "explorer-status" });
    this.problem = h("p", { class: "problem", role: "alert" });
    this.heads = new Heads(() => this.publish());
    this.node = h("div", { class: "explorer" },
      this.buildPrompt(), this.problem, this.buildButtons(), this.status,
      this.chips, this.buildNext(), this.buildTraining(),
      h("p", { class: "part-title" }, "Who looks at whom"), this.heads.node,
      this.buildFoot());
    this.themes = new MutationObserver(() => this.heads.draw());
    this.themes.observe(document.documentElement,
                        { attributeFilter: ["data-theme"] });
    this.sizes = new ResizeObserver(([{ contentRect: { width } }]) => {
      if (width !== this.width) this.heads.draw();
      this.width = width;
    });
  }

  /** Put the interface into the element, below its title. */
  show() {
    if (this.node.isConnected) return;
    this.element.querySelector(".widget-title").after(this.node);
    this.sizes.observe(this.node);
    tasks(this.element, this.list);
    this.prompt.focus();
  }

  /* --- doing one thing at a time ----------------------------------------- */

  /* Do it when the hand rests. */
  later(work) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.act(work), PAUSE);
  }

  /* Do it after what is being done; say in words what went wrong. */
  act(work) {
    this.queue = (this.queue ?? Promise.resolve()).then(async () => {
      this.problem.textContent = "";
      try {
        await work();
      } catch (error) {
        this.problem.textContent = error.message;
      }
      this.rest();
    });
    return this.queue;
  }

  /* Show that nothing is being done, and nothing that is out of date. */
  rest() {
    this.heads.node.hidden = !this.logits || !this.heads.maps;
    if (!this.logits) this.bars.replaceChildren();
    this.working(false);
    this.drawStatus();
  }

  working(on) {
    const full = this.ids.length >= (this.model?.config.context_length ?? 0);
    const { one, many, stop, undo, clear } = this.buttons;
    const set = (button, off) => button.setAttribute("aria-disabled", off);
    set(one, on || full || !this.logits);
    set(many, on || full || !this.logits);
    set(stop, !on);
    set(undo, on || !this.history.length);
    set(clear, on || !this.made.length);
    this.node.setAttribute("aria-busy", on);
  }

  end() {
    this.themes.disconnect();
    this.sizes.disconnect();
    this.close();
  }

  /* --- models ------------------------------------------------------------ */

  /** Load the checkpoint with this place in the list, and ask it. */
  async openStep(i) {
    const { file, bytes } = this.checkpoints[i];
    const known = await this.ask("has", { key: file }) && this.models?.[file];
    const model = known || await this.load(
      { key: file, url: asset(`models/${file}`) }, bytes);
    (this.models ??= {})[file] = model;
    const { step } = this.checkpoints[i];
    await this.use({ ...model, key: file, step });
    const [word, chance] = this.visits.get(step) ?? [];
    if (!word) return;
    announce(`After ${step} steps: ${spoken(word)}, ${percent(chance)}.`);
  }

  /** Load a file of the reader's. */
  async openFile(file) {
    const model = await this.load({ key: "own", file }, file.size);
    announce(`Your model ${model.name} is loaded.`);
    await this.use({ ...model, key: "own", step: null });
  }

  load(rest, size) {
    this.status.textContent = "Loading the model …";
    return this.ask("load", rest, (bytes) => {
      this.status.textContent =
        `Loading the model: ${megabytes(bytes)} of ${megabytes(size)} MB`;
    });
  }

  async use(model) {
    const same = this.model && this.model.step !== null && model.step !== null;
    this.model = model;
    this.beginLabel.hidden = model.endId === null;
    this.showAbout();
    try {   // the course's checkpoints share their vocabulary: the same ids
      await (same ? this.run() : this.encode());
    } catch (error) {   // the model is there, the prompt does not fit it
      this.problem.textContent = error.message;
    }
    this.rest();
  }

  showAbout() {
    const { name, config, worst, fetchMs, readMs } = this.model;
    const vocabulary = config.vocab_size.toLocaleString("en");
    const agrees = worst < CLOSE_TO;
    this.about.textContent =
      `${name}: ${config.n_layers} layers of ${config.n_heads} heads, `
      + `${config.emb_dim} features, ${vocabulary} tokens, a context of `
      + `${config.context_length}; ready after `
      + `${Math.round(fetchMs + readMs)} ms. Self-test: the logits `
      + `${agrees ? "agree with" : "differ from"} PyTorch's, the largest `
      + `difference is ${worst.toExponential(0)}.`;
    this.about.classList.toggle("bad", !agrees);
  }

  async visitAll() {
    const back = this.model.step;
    for (let i = 0; i < this.checkpoints.length; i++) await this.openStep(i);
    const at = this.checkpoints.findIndex(({ step }) => step === back);
    if (at >= 0 && at < this.checkpoints.length - 1) await this.openStep(at);
    this.steps.input.value = Math.max(0, at);
    this.steps.refresh();
    announce("All checkpoints were asked; the table has what they expect.");
  }

  /* --- tokens ------------------------------------------------------------ */

  get ids() { return [...this.promptIds, ...this.made]; }

  /** The prompt's text to ids; what was generated is dropped. */
  async encode() {
    const { key, endId } = this.model;
    const ids = await this.ask("encode", { key, text: this.prompt.value });
    const first = endId !== null && this.begin.checked ? [endId] : [];
    this.promptIds = [...first, ...ids];
    this.made = [];
    this.history = [];
    this.words.clear();
    this.visits.clear();
    await this.run();
  }

  /* Ask the model for what follows the ids. */
  async run(maps = true) {
    const { ids, model: { key, config } } = this;
    this.logits = null;
    if (!ids.length) throw new Error("Write a prompt, or tick the box.");
    if (ids.length > config.context_length) {
      throw new Error(
        `The prompt has ${ids.length} tokens, this model's context holds `
        + `${config.context_length}. Shorten the prompt.`);
    }
    const found = await this.ask("run", { key, ids, maps });
    Object.assign(this, { logits: found.logits, ranked: found.ranked });
    for (const [id, word] of found.words) this.words.set(id, word);
    Object.assign(this, { text: found.text, speed: found.ms });
    this.drawChips();
    this.drawNext();
    if (!maps) return;
    this.visit();
    this.drawMaps(found.maps);
  }

  async generate(n) {
    const room = this.model.config.context_length - this.ids.length;
    if (room < 1 || !this.logits) return;
    this.stopped = false;
    this.history.push(this.made.length);
    this.visits.clear();
    const start = this.made.length, began = performance.now();
    let asked = 0;
    this.working(true);
    for (let i = 0; i < Math.min(n, room) && !this.stopped; i++) {
      const id = this.choose();
      this.made.push(id);
      await this.run(false);
      asked += this.speed;
      if (id === this.model.endId) break;
    }
    const count = this.made.length - start;
    this.rate = { perToken: asked / count,
                  seconds: (performance.now() - began) / 1000 };
    await this.run();
    this.say(start);
  }

  choose() {
    if (this.greedy.checked) return this.ranked[0];
    const { chances } = this.distribution();
    const seed = Math.trunc(Number(this.seed.value)) || 0;
    return draw(chances, uniform(seed, this.ids.length));
  }

  distribution(topP = this.topP.get()) {
    return distribution(this.logits, this.ranked, {
      temperature: this.temperature.get(), topK: this.topK.get(), topP });
  }

  say(start) {
    const words = this.made.slice(start).map((id) => this.words.get(id));
    const text = words.map((word) => word.replace(/␣/g, " ")).join("");
    const full = this.ids.length >= this.model.config.context_length;
    announce(`Added: ${text}.${full ? " The context is full." : ""}`);
  }

  async append(id) {
    if (this.ids.length >= this.model.config.context_length) {
      throw new Error("The context is full: undo or clear first.");
    }
    this.history.push(this.made.length);
    this.made.push(id);
    this.visits.clear();
    await this.run();
    this.say(this.made.length - 1);
  }

  async undo() {
    if (!this.history.length) return;
    this.made.length = this.history.pop();
    this.visits.clear();
    await this.run();
    announce(`Taken back; ${this.ids.length} tokens.`);
  }

  async clear() {
    if (!this.made.length) return;
    this.made = [];
    this.history = [];
    this.visits.clear();
    await this.run();
    announce(`Cleared; the prompt's ${this.ids.length} tokens are left.`);
  }

  /* --- what the tasks ask for -------------------------------------------- */

  publish() {
    if (!this.logits) return;
    const now = this.distribution(), [best] = this.ranked;
    const topP = this.topP.get();
    const fewer = topP > 0.01 && topP < 1
      ? this.distribution(topP - 0.01).nKept : 0;
    this.element.facts = {
      step: this.model.step,
      text: this.text,
      tokens: this.ids.length,
      best: spoken(this.word(best)),
      "best-probability": now.all[best],
      kept: now.nKept,
      // how many tokens the smallest such top-p keeps; 0 if a smaller one
      // would do
      "fewest-by-top-p":
        topP < 1 && !this.topK.get() && fewer < now.nKept ? now.nKept : 0,
      head: this.heads.name,
      "weight-on-copy": this.weightOnCopy(best),
      weight: this.heads.maps && this.heads.words.length === this.ids.length
        ? this.heads.weight(this.heads.layer, this.heads.head,
                            this.heads.query, this.heads.key) : null,
    };
  }

  /* How much of its attention the last token gives, in the chosen head, to
     earlier places of the token that is most probable next. */
  weightOnCopy(best) {
    const { ids, heads } = this;
    if (!heads.maps || heads.n !== ids.length) return 0;
    return ids.reduce((sum, id, k) => sum + (id === best
      ? heads.weight(heads.layer, heads.head, ids.length - 1, k) : 0), 0);
  }
}
