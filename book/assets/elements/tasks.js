/* The tasks of a widget: the reader answers in words or numbers, or brings
   the widget into a state, and is told why it is right or where to look. */

import {announce, copies, h} from "./dom.js";
import {near, number} from "./number.js";
import {load, save} from "./store.js";

function same(given, wanted, tolerance = 0) {
  if (Array.isArray(wanted)) {
    return wanted.some(one => same(given, one, tolerance));
  }
  if (wanted !== null && typeof wanted === "object") {
    const {min = -Infinity, max = Infinity} = wanted;
    return number(given) >= min && number(given) <= max;
  }
  if (typeof wanted === "number") {
    return near(number(given), wanted, tolerance);
  }
  const plain = value => String(value ?? "").trim().replace(/\s+/g, " ");
  return plain(given).toLowerCase() === plain(wanted).toLowerCase();
}

function row(element, task, n, fact) {
  const key = `task/${element.id}/${n}`;
  const id = `${element.id}-task-${n}`;
  const written = element.querySelectorAll(".widget-static .task")[n];
  const words = part => {
    const found = copies(written?.querySelector(`.task-${part}`));
    return found.length ? found : [task[part] ?? ""];
  };
  const typed = task.check === undefined;
  const field = typed && h("input", {
    id, type: "text", autocomplete: "off", spellcheck: "false",
    "aria-label": "Your answer", "aria-describedby": `${id}-ask`,
  });
  const said = h("div", {class: "task-said"});

  function show(right, speak) {
    item.classList.toggle("done", right);
    const verdict = right ? "Right." : "Not yet.";
    const more = right ? words("why") : words("hint");
    said.replaceChildren(
      h("strong", {class: right ? "verdict yes" : "verdict no"}, verdict),
      " ", ...more);
    if (speak) announce(said.textContent.replace(/\s+/g, " "));
  }

  function answer(event) {
    event.preventDefault();
    if (typed && !field.value.trim()) {
      field.focus();
      announce("Write an answer first.");
      said.replaceChildren("Write an answer first.");
      return;
    }
    const given = typed ? field.value : fact(task.check);
    const wanted = typed ? task.answer : task.value ?? true;
    const right = same(given, wanted, task.tolerance);
    save(key, {right, given});
    show(right, true);
  }

  const item = h("li", {class: "task"},
    h("div", {class: "task-ask", id: `${id}-ask`}, words("ask")),
    h("form", {class: "task-form", onsubmit: answer},
      field || null,
      h("button", {class: "quiet"}, typed ? "Check" : "Check this state")),
    said);
  function restore() {
    const before = load(key);
    if (typed) field.value = before?.given ?? "";
    item.classList.toggle("done", Boolean(before?.right));
    said.replaceChildren();
    if (before) show(before.right, false);
  }

  restore();
  document.addEventListener("scratchlm-saved", event => {
    if (event.detail.key === null) restore();
  });
  return item;
}

/** Show `list` at the end of `element` and check the answers.

    A task is `{ask, answer, tolerance, why, hint}`: typed by the reader; or
    `{ask, check, value, tolerance, why, hint}`: `check` names a fact that
    the widget publishes (`element.facts = {name: value}`), `value` is what
    it must be (default true). `answer` and `value` are a number, a text, a
    list of accepted ones, or `{min, max}`. `fact(name)` gives the value of
    a fact; without it `element.facts` is read.

    The words come from the element's static part where it has them, since
    formulas and code are set there. Results are saved under
    `task/<element.id>/<n>` as `{right, given}`; n counts from 0. */
export function tasks(element, list, fact) {
  if (!list?.length) return null;
  const ask = fact ?? (name => element.facts?.[name]);
  const title = `${element.id}-tasks`;
  const part = h("div", {class: "widget-tasks"},
    h("p", {class: "widget-tasks-title", id: title}, "Tasks"),
    h("ol", {"aria-labelledby": title},
      list.map((task, n) => row(element, task, n, ask))));
  element.append(part);
  return part;
}
