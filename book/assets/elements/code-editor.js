/* A small editor for Python: a text area with line numbers that indents, and
   that the keyboard can leave. */

import {h} from "./dom.js";

const INDENT = "    ";

/* Insert so that the browser's own undo still works. */
function insert(area, text) {
  if (!document.execCommand("insertText", false, text)) {
    area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
    area.dispatchEvent(new Event("input"));
  }
}

/* Indent the lines of the selection, or take an indent away. */
function shift(area, back) {
  const {value, selectionStart: from, selectionEnd: to} = area;
  if (!back && from === to) return insert(area, INDENT);
  const first = value.lastIndexOf("\n", from - 1) + 1;
  const lines = value.slice(first, to).split("\n").map(line => (
    back ? line.replace(/^ {1,4}/, "") : INDENT + line));
  area.setSelectionRange(first, to);
  const text = lines.join("\n");
  insert(area, text);
  area.setSelectionRange(from === to ? first + text.length : first,
    first + text.length);
}

/* A new line begins where the one before began, deeper after a colon. */
function newLine(area) {
  const before = area.value.slice(0, area.selectionStart).split("\n").at(-1);
  const indent = before.match(/^ */)[0];
  insert(area, `\n${indent}${/:\s*$/.test(before) ? INDENT : ""}`);
}

/** An editor: {box, area, set(text)}. Ctrl+Enter calls `run`; Tab indents,
    unless Escape was pressed before. */
export function editor(id, label, code, run) {
  const numbers = h("div", {class: "editor-numbers", "aria-hidden": "true"});
  let leaving = false;   // Escape was the key before
  function key(event) {
    const left = leaving;
    leaving = event.key === "Escape" || (left && event.key === "Shift");
    const plain = !event.ctrlKey && !event.altKey && !event.metaKey;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) run();
    else if (event.key === "Enter" && plain && !event.shiftKey) newLine(area);
    else if (event.key === "Tab" && plain && !left) {
      shift(area, event.shiftKey);
    } else return;
    event.preventDefault();
  }
  function count() {
    const n = area.value.split("\n").length;
    area.rows = Math.max(n, 4);
    numbers.textContent = Array.from({length: n}, (_, i) => i + 1).join("\n");
  }
  const area = h("textarea", {
    id, class: "editor-text", wrap: "off", spellcheck: "false",
    autocomplete: "off", autocapitalize: "off",
    "aria-describedby": `${id}-keys`,
    onkeydown: key, oninput: count, onblur: () => { leaving = false; },
  });
  area.value = code;
  count();
  const box = h("div", {class: "editor"},
    h("label", {for: id, class: "editor-label"}, label),
    h("div", {class: "editor-frame"}, numbers, area),
    h("p", {class: "muted editor-keys", id: `${id}-keys`},
      h("kbd", {}, "Ctrl"), "+", h("kbd", {}, "Enter"), " runs. ",
      h("kbd", {}, "Tab"), " indents; ", h("kbd", {}, "Esc"), " and then ",
      h("kbd", {}, "Tab"), " leaves the editor."));
  return {box, area, set(text) { area.value = text; count(); }};
}
