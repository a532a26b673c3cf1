/* <llm-explorer>: a trained model that runs in the page. Here is only what
   stands before the click: the button that names the size, and the reader's
   own file. The rest is in explorer-view.js.

   config: { prompts: [texts to begin with, the first is shown] }

   facts, for the tasks: step (null for the reader's file), text, tokens,
   best (the most probable token, without its space), best-probability, kept
   (tokens that can be drawn), fewest-by-top-p (as kept, if no smaller top-p
   keeps as many, else 0), head ("L1 H2"), weight (under the cursor),
   weight-on-copy (what the last token gives, in that head, to earlier places
   of the most probable token). */

import { announce, asset, h, read } from "./dom.js";

class Explorer extends HTMLElement {
  async connectedCallback() {
    if (this.built) return;
    this.built = true;
    this.data = read(this);
    this.list = await listed();
    const { checkpoints = [] } = this.list;
    const last = checkpoints.at(-1);
    this.start = h("div", { class: "explorer-start" },
      last
        ? h("button", {
          class: "start", type: "button",
          onclick: () => this.open((view) => view.openStep(
            checkpoints.length - 1)),
        }, `Start the model (${megabytes(last.bytes)} MB)`)
        : h("p", {}, "The course's model is not in this build."),
      fileButton((file) => this.open((view) => view.openFile(file))),
      h("p", { class: "muted" },
        "It runs in this page: what you type and what you load stay on your "
        + "computer."));
    this.status = h("p", { class: "explorer-status", role: "status" });
    this.querySelector(".widget-title").after(this.start, this.status);
    this.dataset.ready = "";
  }

  /* Build the interface once, then do what was asked for. */
  async open(first) {
    if (this.busy) return;
    this.busy = true;
    this.status.textContent = "Loading the model …";
    try {
      const { View } = await import("./explorer-view.js");
      this.view ??= new View(this, this.data, this.list.checkpoints ?? []);
      await first(this.view);
      this.start.remove();
      this.status.remove();
      this.querySelector(".widget-static").hidden = true;
      this.view.show();
    } catch (error) {
      this.status.textContent = error.message;
      announce(error.message);
    }
    this.busy = false;
  }

  disconnectedCallback() { this.view?.end(); }
}

async function listed() {
  try {
    const answer = await fetch(asset("models/stories.json"));
    return answer.ok ? await answer.json() : {};
  } catch {
    return {};
  }
}

export function megabytes(bytes) { return (bytes / 1e6).toFixed(1); }

/** A button that asks for a file and hands it to `use`. */
export function fileButton(use) {
  const input = h("input", {
    type: "file", hidden: true, "aria-label": "A model file",
    onchange: () => {
      if (input.files[0]) use(input.files[0]);
      input.value = "";
    },
  });
  return h("span", { class: "own-file" }, input,
    h("button", { class: "quiet", type: "button",
                  onclick: () => input.click() }, "Load my own file"));
}

customElements.define("llm-explorer", Explorer);
