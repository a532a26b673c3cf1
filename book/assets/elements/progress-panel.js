/* The inside of <llm-progress>: all chapters, and files to take along. */

import {announce, asset, h} from "./dom.js";
import {everything, forget, load, restore, save} from "./store.js";

const KINDS = {quiz: "Questions", predict: "Predictions", task: "Tasks"};
const KEPT = /^(quiz|predict|parsons|task|python|read|exercises)\//;

const count = (kind, ids) => ids.filter(id => {
  const value = load(`${kind}/${id}`);
  return value?.done || value?.right || value?.passed;
}).length;

const AMONG = {task: ["task", "parsons", "python"]};

/* [done, all] of one kind; ordering and programming count among the tasks. */
function share(chapter, kind) {
  return (AMONG[kind] ?? [kind]).map(part =>
    [count(part, chapter[part]), chapter[part].length]).reduce(add);
}

/* [passed, all] of the assignment with the page's name. */
function exercises(page) {
  const results = Object.values(load(`exercises/${page}`, {}));
  return [results.filter(([got, of]) => got === of).length, results.length];
}

/* Minutes that the chapter's card still asks for. */
function minutesLeft(chapter) {
  const {reading = 0, assignment = 0} = chapter.times;
  const parts = Object.keys(KINDS).map(kind => share(chapter, kind));
  const done = parts.reduce((sum, [n]) => sum + n, 0);
  const all = parts.reduce((sum, [, n]) => sum + n, 0);
  const open = load(`read/${chapter.page}`) ? 0 : all ? 1 - done / all : 1;
  const [passed, n] = exercises(chapter.page);
  return reading * open + assignment * (n ? 1 - passed / n : 1);
}

function spoken(minutes, asked = true) {
  if (!asked) return "–";
  if (minutes < 90) return `${5 * Math.round(minutes / 5)} min`;
  return `${Math.round(minutes / 30) / 2} h`.replace(".5", "½");
}

const of = ([done, all]) => all ? `${done} of ${all}` : "–";
const add = (a, b) => a.map((n, i) => n + b[i]);

/** The text of a file put into the store: {said} or throws Error. */
export function take(text) {
  let found;
  try {
    found = JSON.parse(text);
  } catch {
    throw new Error("The file is no JSON.");
  }
  const isMap = value => value && typeof value === "object"
    && !Array.isArray(value);
  if (found?.format === "scratchlm-reader" && isMap(found.saved)) {
    const kept = Object.entries(found.saved).filter(([key]) => KEPT.test(key));
    restore(Object.fromEntries(kept));
    return `Loaded ${kept.length} entries; they replace what was here.`;
  }
  if (found?.format === "scratchlm-exercises" && isMap(found.assignments)) {
    const names = Object.keys(found.assignments);
    for (const name of names) {
      save(`exercises/${name}`, found.assignments[name]);
    }
    return `Loaded results of ${names.join(", ")}.`;
  }
  throw new Error("The file is neither an export of this box nor a "
    + "progress.json that check wrote.");
}

export class Whole {
  constructor() {
    this.table = h("div", {class: "progress-table", role: "group",
      tabindex: "0", "aria-label": "Progress by chapter"});
    this.said = h("p", {class: "said"});
    this.node = h("div", {class: "fold-body"}, this.table, this.files(),
      this.said);
  }

  /** Read what there is to do in the book, and show it. */
  async start() {
    try {
      const answer = await fetch(asset("progress.json"));
      this.chapters = (await answer.json()).chapters;
    } catch {
      this.table.textContent = "The list of chapters could not be read.";
    }
    this.draw();
  }

  draw() {
    if (!this.chapters) return;
    const heads = ["Chapter", "Read", ...Object.values(KINDS),
      "Notebook exercises", "Time left"];
    let sums = Object.keys(KINDS).concat("x").map(() => [0, 0]), left = 0;
    const rows = this.chapters.map(chapter => {
      const shares = [...Object.keys(KINDS).map(kind => share(chapter, kind)),
        exercises(chapter.page)];
      sums = sums.map((sum, i) => add(sum, shares[i]));
      left += minutesLeft(chapter);
      return h("tr", {},
        h("th", {scope: "row"}, h("a",
          {href: asset(`../${chapter.page}.html`)}, chapter.title)),
        h("td", {}, load(`read/${chapter.page}`) ? "yes" : "no"),
        shares.map(pair => h("td", {}, of(pair))),
        h("td", {}, spoken(minutesLeft(chapter),
          Object.keys(chapter.times).length)));
    });
    const n = this.chapters.filter(({page}) => load(`read/${page}`)).length;
    const foot = h("tr", {}, h("th", {scope: "row"}, "All"),
      h("td", {}, of([n, this.chapters.length])),
      sums.map(pair => h("td", {}, of(pair))),
      h("td", {}, spoken(left)));
    this.table.replaceChildren(h("table", {},
      h("thead", {}, h("tr", {}, heads.map(text =>
        h("th", {scope: "col"}, text)))),
      h("tbody", {}, rows), h("tfoot", {}, foot)));
  }

  files() {
    const input = h("input", {type: "file", accept: ".json,application/json",
      hidden: true, onchange: () => this.take(input)});
    const button = (text, run) => h("button",
      {type: "button", class: "quiet", onclick: run}, text);
    const sure = h("div", {class: "row", hidden: true},
      h("span", {}, "Remove all that is kept here?"),
      button("Remove", () => {
        forget();
        close();
        this.tell("All is removed.");
      }), button("Keep", () => close()));
    const remove = button("Reset", () => {
      sure.hidden = false;
      sure.querySelector("button:last-of-type").focus();
    });
    const close = () => {
      sure.hidden = true;
      remove.focus();
    };
    return h("div", {class: "progress-files"},
      h("p", {}, "Export writes a file; load it here or in another browser. "
        + "Load also takes the ", h("code", {}, "progress.json"), " that ",
        h("code", {}, "check"), " writes beside your notebook."),
      h("div", {class: "row"},
        button("Export", () => this.give()),
        button("Load a file", () => {
          sure.hidden = true;  // its question was about what is replaced now
          input.click();
        }), input, remove), sure);
  }

  tell(text) {
    this.said.textContent = text;
    announce(text);
  }

  give() {
    const text = JSON.stringify(
      {format: "scratchlm-reader", version: 1, saved: everything()}, null, 1);
    const link = h("a", {download: "scratchlm-progress.json",
      href: URL.createObjectURL(new Blob([text], {type: "application/json"}))});
    link.click();
    URL.revokeObjectURL(link.href);
    this.tell("Written to scratchlm-progress.json.");
  }

  async take(input) {
    try {
      this.tell(take(await input.files[0].text()));
    } catch (error) {
      this.tell(error.message);
    }
    input.value = "";
  }
}
