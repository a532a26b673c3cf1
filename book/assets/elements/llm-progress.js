/* <llm-progress>: what the reader has done on this page, in this browser.
   The table of all chapters and the files come when the box is opened. */

import {announce, h, read} from "./dom.js";
import {load, save} from "./store.js";

const COUNTED = {quiz: "questions", predict: "predictions",
  parsons: "ordering tasks"};
const READING = 60_000;  // ms on a page before its end can be reached

/* The exercises in Python of this page: name, the passed ones, all. */
function programs() {
  const keys = [...document.querySelectorAll("llm-python")].flatMap(element =>
    read(element).config.exercises.map((_, n) => `python/${element.id}/${n}`));
  return ["exercises in Python", keys.filter(key => load(key)?.passed), keys];
}

customElements.define("llm-progress", class extends HTMLElement {
  connectedCallback() {
    if (this.panel) return;
    this.know = read(this);
    this.here = h("p", {class: "progress-here"});
    this.panel = h("details", {class: "fold", ontoggle: () => this.open()},
      h("summary", {}, "All chapters, and a file to take along"));
    const note = h("p", {class: "muted"},
      "Kept in this browser only; nothing is sent.");
    this.append(this.here, note,
      ...this.know.chapter ? [this.mark()] : [], this.panel);
    this.classList.add("live");
    this.draw();
    document.addEventListener("scratchlm-saved", () => this.draw());
  }

  /* The button "I have read this", pressed by itself at the end. */
  mark() {
    this.button = h("button", {type: "button", class: "quiet",
      onclick: () => this.setRead(!load(`read/${this.know.page}`))});
    const opened = performance.now(), key = `read/${this.know.page}`;
    let timer;
    const reached = () => load(key) === null && save(key, true);
    new IntersectionObserver(([entry]) => {
      const left = READING - (performance.now() - opened);
      clearTimeout(timer);
      if (entry.isIntersecting) timer = setTimeout(reached, left);
    }).observe(this.panel);
    return h("div", {class: "row"}, this.button);
  }

  setRead(value) {
    save(`read/${this.know.page}`, value);
    announce(value ? "Marked as read." : "Marked as not read.");
  }

  draw() {
    const parts = [...Object.entries(COUNTED).map(([kind, name]) => {
      const all = [...document.querySelectorAll(`llm-${kind}`)];
      return [name, all.filter(({id}) => load(`${kind}/${id}`)?.done), all];
    }), programs()].flatMap(([name, done, all]) => all.length
      ? [`${name} ${done.length} of ${all.length}`] : []);
    this.here.textContent = `On this page: ${parts.join(", ")}.`;
    this.here.hidden = !parts.length;
    if (this.button) {
      const done = Boolean(load(`read/${this.know.page}`));
      this.button.setAttribute("aria-pressed", done);
      this.button.replaceChildren(done ? "✓ " : "", "I have read this page");
    }
    this.whole?.draw();
  }

  async open() {
    if (this.whole || !this.panel.open) return;
    const {Whole} = await import("./progress-panel.js");
    this.whole ??= new Whole();
    this.panel.append(this.whole.node);
    await this.whole.start();
  }
});
