/* Making elements, reading their data, speaking, and finding files. */

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  const kept = children.flat(Infinity);
  node.append(...kept.filter(child => child !== null && child !== undefined));
  return node;
}

/** An HTML element: `h("button", {class: "go", onclick: run}, "Run")`.
    `true` writes an empty attribute; false, null and undefined write none.
    Children are nodes, text, lists of them, or null. */
export function h(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** The same for SVG. */
export function svg(tag, attributes = {}, ...children) {
  const space = "http://www.w3.org/2000/svg";
  return filled(document.createElementNS(space, tag), attributes, children);
}

/** The JSON that the directive wrote into `element`; {} if there is none. */
export function read(element) {
  const script = element.querySelector(
    ":scope > script[type='application/json']");
  return script ? JSON.parse(script.textContent) : {};
}

let region;

/** Say `text` through the page's one polite live region. */
export function announce(text) {
  if (!region) {
    region = h("div", {class: "announcer", role: "status"});
    (document.querySelector("main") ?? document.body).append(region);
  }
  // Emptied first, so that the same words are spoken again; the pause lets
  // a region that was just made be noticed.
  region.textContent = "";
  setTimeout(() => { region.textContent = text; }, 60);
}

/** The address of a file below the site's `_static/`. */
export function asset(path) {
  return new URL(`../${path}`, import.meta.url).href;
}

/** Copies of what stands in `node`, to be shown elsewhere. */
export function copies(node) {
  return [...(node?.cloneNode(true).childNodes ?? [])];
}
