/* One vocabulary's view of a text: counts, chips with ids, and the bytes of
   the chip that the reader points at. Part of llm-tokens. */

import {h} from "./dom.js";
import {plural} from "./number.js";
import {hex, visible} from "./visible.js";

const AT_ONCE = 200;   // chips; more come on request

/** A chip: the token and, below it, its id. */
export function chip(bpe, id, attributes = {}) {
  return h("li", {...attributes, class: "chip"},
    h("span", {class: "chip-text"}, visible(bpe.bytes(id)) || "\u200b"),
    h("small", {}, String(id)));
}

/** What a token is made of, in words. */
export function origin(bpe, id) {
  if (id < 256) return "a single byte";
  if (id >= 256 + bpe.merges.length) return "a special token";
  const [left, right] = bpe.merges[id - 256].map(i => visible(bpe.bytes(i)));
  return `merge of rank ${id - 256}: ${left} + ${right}`;
}

export class TokenPanel {
  /* id: of the panel, for its parts' ids
     choose: called with the place of the token that the reader chose */
  constructor(id, choose) {
    this.choose = choose;
    this.title = h("p", {class: "panel-title", id: `${id}-title`});
    this.counts = h("p", {class: "panel-counts"});
    this.list = h("ol", {
      class: "token-list", role: "listbox", "aria-orientation": "horizontal",
      "aria-labelledby": `${id}-title`,
      onkeydown: event => this.#key(event),
      onclick: event => this.#click(event),
      // not "over", which is also told when the page moves under the pointer
      onpointermove: event => {
        const at = this.#place(event);
        if (at >= 0) this.#describe(at);
      },
    });
    this.more = h("button", {
      class: "small", type: "button", onclick: () => this.#showMore()});
    this.detail = h("p", {class: "chip-detail muted", id: `${id}-detail`});
    this.node = h("div", {class: "token-panel"},
      this.title, this.counts, this.list, this.more, this.detail);
  }

  /** Show the ids of a text of `nBytes` bytes. */
  show(bpe, title, ids, nBytes) {
    Object.assign(this, {bpe, ids, at: 0});
    this.title.textContent =
      `${title}, ${bpe.vocabSize.toLocaleString("en")} entries`;
    this.counts.replaceChildren(
      h("strong", {}, plural(ids.length, "token")),
      ids.length ? `, ${(nBytes / ids.length).toFixed(2)} bytes each` : "");
    this.list.replaceChildren();
    this.list.hidden = !ids.length;
    this.#showMore();
    this.detail.textContent = ids.length
      ? "Point at a token, or go along with the arrow keys, for its bytes."
      : "The text is empty.";
  }

  #showMore() {
    const from = this.list.childElementCount;
    const part = this.ids.slice(from, from + AT_ONCE);
    this.list.append(...part.map((id, i) => chip(this.bpe, id, {
      role: "option", "aria-selected": "false",
      tabindex: from + i === this.at ? "0" : "-1"})));
    const left = this.ids.length - from - part.length;
    this.more.hidden = left <= 0;
    this.more.textContent = `Show ${Math.min(left, AT_ONCE)} more of ${
      plural(left, "hidden token")}`;
    if (from && part.length) this.#select(from);
  }

  #place(event) {
    return [...this.list.children].indexOf(event.target.closest("li"));
  }

  #click(event) {
    const at = this.#place(event);
    if (at < 0) return;
    this.#select(at);
    this.choose?.(at);
  }

  #key(event) {
    const last = this.list.childElementCount - 1;
    const to = {
      ArrowRight: this.at + 1, ArrowDown: this.at + 1,
      ArrowLeft: this.at - 1, ArrowUp: this.at - 1, Home: 0, End: last,
      Enter: this.at, " ": this.at,
    }[event.key];
    if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    event.preventDefault();
    this.#select(Math.min(Math.max(to, 0), last));
    if (to === this.at && !event.key.startsWith("Arrow")) {
      this.choose?.(to);
    }
  }

  #select(at) {
    const old = this.list.children[this.at], now = this.list.children[at];
    old.tabIndex = -1;
    old.setAttribute("aria-selected", "false");
    old.removeAttribute("aria-describedby");
    this.at = at;
    this.#describe(at);
    now.tabIndex = 0;
    now.setAttribute("aria-selected", "true");
    now.setAttribute("aria-describedby", this.detail.id);
    now.focus();
  }

  #describe(at) {
    const id = this.ids[at], bytes = this.bpe.bytes(id);
    const shown = bytes.slice(0, 24).map(hex).join(" ");
    this.detail.textContent = `Token ${at} has id ${id}, ${
      plural(bytes.length, "byte")} (${shown}${
      bytes.length > 24 ? " ..." : ""}); ${origin(this.bpe, id)}.`;
  }
}
