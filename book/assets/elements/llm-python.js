/* Exercises in Python that run in the page, after a click that loads Python.

   Content: {"config": {"exercises": [{
     "ask": text, "code": where the reader starts, "solution": text,
     "checks": [{"name", "call", "want", "say", "mistakes": [{when, say}]}]
   }], "seconds": how long a run may take, 5 if absent}}

   In texts, words between backticks are code. The reader's code and the
   number of tries are kept under python/<element id>/<n>; the solution is
   offered after three tries. All exercises of a page share one Python. */

import {editor} from "./code-editor.js";
import {announce, asset, h, read} from "./dom.js";
import {python} from "./page-python.js";
import {load, save} from "./store.js";

const TRIES = 3;
const SECONDS = 5;

/* Text with `code` between backticks. */
function words(text) {
  return String(text).split("`").map(
    (part, i) => (i % 2 ? h("code", {}, part) : part));
}

class Exercise {
  constructor(element, n, total, exercise, config, bytes) {
    Object.assign(this, {exercise, bytes, running: false});
    this.begin = exercise.code.trimEnd();
    this.seconds = config.seconds ?? SECONDS;
    this.key = `python/${element.id}/${n}`;
    this.restore();
    const id = `${element.id}-${n}`;
    const name = total > 1 ? `Exercise ${n + 1} of ${total}` : "Exercise";
    this.editor = editor(`${id}-code`, total > 1
      ? `Your code for exercise ${n + 1}` : "Your code",
    this.saved.code, () => this.run());
    this.editor.area.addEventListener("change", () => this.keep());
    this.go = h("button", {onclick: () => this.run()}, "Run");
    this.halt = h("button", {class: "quiet", hidden: true,
      onclick: () => python.stop?.("Stopped.")}, "Stop");
    const again = h("button", {class: "quiet", onclick: () => this.reset()},
      "Start over");
    this.status = h("p", {class: "exercise-status"});
    this.output = h("pre", {class: "exercise-output", hidden: true});
    this.checks = h("ul", {class: "exercise-checks", hidden: true});
    this.solution = h("details", {class: "fold", hidden: true},
      h("summary", {}, "A solution"),
      h("div", {class: "fold-body"}, h("pre", {}, exercise.solution.trimEnd())));
    this.box = h("div", {class: "exercise", role: "group",
      "aria-labelledby": `${id}-name`, "aria-describedby": `${id}-ask`},
    h("p", {class: "exercise-name", id: `${id}-name`}, name),
    h("p", {id: `${id}-ask`}, words(exercise.ask)),
    this.editor.box,
    h("div", {class: "exercise-tools"}, this.go, this.halt, again),
    this.status, this.output, this.checks, this.solution);
    document.addEventListener("scratchlm-python", () => this.show());
    this.show();
    this.recall();
    document.addEventListener("scratchlm-saved", event => {
      if (event.detail.key !== null) return;
      this.restore();
      this.editor.set(this.saved.code);
      this.recall();
    });
  }

  restore() {
    this.saved = load(this.key, {code: this.begin, tries: 0, passed: false});
  }

  /* The rest of what is shown of an earlier visit. */
  recall() {
    this.clear();
    this.status.textContent = this.saved.passed ? "Passed before." : "";
    this.offer();
  }

  show() {
    const size = `${(this.bytes / 1e6).toFixed(1)} MB`;
    const loaded = ["ready", "busy"].includes(python.state);
    this.go.textContent = loaded || python.worker || this.running
      ? "Run and check" : `Start Python and run (${size})`;
    // aria-disabled keeps the keyboard's focus where it is
    this.go.setAttribute("aria-disabled", this.running);
    this.halt.hidden = !(this.running && python.state === "busy");
  }

  keep(change = {}) {
    Object.assign(this.saved, {code: this.editor.area.value}, change);
    save(this.key, this.saved);
  }

  say(text, aloud = true) {
    this.status.textContent = text;
    if (aloud) announce(text);
  }

  reset() {
    this.editor.set(this.begin);
    this.keep();
    this.clear();
    this.say("Your code is as it was at the beginning.");
  }

  clear() {
    this.output.textContent = "";
    this.checks.replaceChildren();
    this.output.hidden = this.checks.hidden = true;
    this.output.classList.remove("wrong");
  }

  print(text) {
    this.output.hidden = false;
    this.output.append(text);
  }

  async run() {
    if (this.running) return;
    this.running = true;
    this.clear();
    this.keep();
    this.say(python.state === "ready" ? "Running ..." : "Starting Python ...");
    this.show();
    try {
      this.tell(await python.run({
        code: this.editor.area.value,
        checks: this.exercise.checks,
        seconds: this.seconds,
        print: text => this.print(text),
      }));
    } catch (error) {
      this.say(`Python could not be started: ${error.message}. `
        + "Try again when the page's server can be reached.");
    }
    this.running = false;
    this.show();
  }

  tell({stopped, error, results}) {
    const passed = !stopped && !error && results.every(r => r.passed);
    this.keep({
      tries: this.saved.tries + (passed ? 0 : 1),
      passed: this.saved.passed || passed,
    });
    if (stopped) this.say(stopped);
    else if (error) this.fail(error);
    else this.report(results);
    this.offer();
  }

  fail(error) {
    this.print(error);
    this.output.classList.add("wrong");
    const last = error.trim().split("\n").at(-1);
    this.say(`Your code stopped with an error: ${last}`);
  }

  report(results) {
    const n = results.filter(result => result.passed).length;
    const first = results.find(result => !result.passed);
    this.checks.hidden = false;
    this.checks.replaceChildren(...results.map(({name, passed, said}) =>
      h("li", {class: passed ? "passed" : "failed"},
        h("strong", {class: `verdict ${passed ? "yes" : "no"}`},
          passed ? "Passed: " : "Not yet: "),
        words(name), passed ? null : h("div", {class: "exercise-said"}, words(said)))));
    const all = `All ${n} checks passed.`;
    const some = `${n} of ${results.length} checks passed.`;
    this.say(first ? some : all, false);
    announce(first ? `${some} ${first.name}: ${first.said}` : all);
  }

  offer() {
    this.solution.hidden = !(this.saved.passed || this.saved.tries >= TRIES);
  }
}

/* --- the element ---------------------------------------------------------- */

customElements.define("llm-python", class extends HTMLElement {
  async connectedCallback() {
    if (this.built) return;
    this.built = true;
    const {config} = read(this);
    const manifest = await (await fetch(asset("pyodide/manifest.json"))).json();
    if (!manifest.bytes) {
      this.append(h("p", {class: "muted"}, "Python was not installed when "
        + "this site was built, so the exercise cannot run here."));
      return;
    }
    const {exercises} = config;
    const built = exercises.map((exercise, n) => new Exercise(
      this, n, exercises.length, exercise, config, manifest.bytes));
    this.querySelector(":scope > .widget-static").hidden = true;
    this.append(...built.map(({box}) => box),
      h("p", {class: "muted"}, `Python ${manifest.python} runs in your `
        + "browser, from this site; nothing that you write is sent."));
  }
});
