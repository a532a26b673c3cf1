/* A dial: a labelled slider over a list of values, which shows the one that
   is set. Arrow keys move it; a screen reader hears the value's text. */

import {h} from "./dom.js";

export class Dial {
  /** id; label; values: the list, in order; value: the first; text: how a
      value is written; onchange: called after the reader moved it. */
  constructor({id, label, values, value, text = String, onchange}) {
    this.text = text;
    this.shown = h("output", {class: "dial-value", for: id});
    this.slider = h("input", {
      id, type: "range", min: "0", step: "1",
      oninput: () => { this.show(); onchange(); }});
    this.label = h("label", {for: id}, label);
    this.box = h("div", {class: "dial"}, this.label, this.shown, this.slider);
    this.offer(values, value);
  }

  /** Other values, of which the nearest to `value` is set. */
  offer(values, value = this.value) {
    this.values = values;
    this.slider.max = String(values.length - 1);
    this.set(value);
  }

  get value() { return this.values[this.slider.valueAsNumber]; }

  set(value) {
    const off = this.values.map(each => Math.abs(each - value));
    this.slider.value = String(off.indexOf(Math.min(...off)));
    this.show();
  }

  show() {
    this.shown.textContent = this.text(this.value);
    this.slider.setAttribute("aria-valuetext", this.shown.textContent);
  }
}

/** Buttons of which one is chosen. `options`: {value: label}; gives the
    fieldset, with `value` to read and `choose(value)`. */
export function choice(name, legend, options, value, onchange) {
  const radios = Object.entries(options).map(([key, label]) => {
    const id = `${name}-${key}`;
    const radio = h("input", {
      id, type: "radio", name, value: key, checked: key === value,
      onchange});
    return h("label", {for: id, class: "pick"}, radio, label);
  });
  const box = h("fieldset", {class: "picks"},
    h("legend", {}, legend), radios);
  const all = () => [...box.querySelectorAll("input")];
  return {
    box,
    get value() { return all().find(radio => radio.checked).value; },
    choose(key) {
      for (const radio of all()) radio.checked = radio.value === key;
    },
  };
}
