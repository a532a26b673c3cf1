/* What every page does: colour mode, search by a key, copying code, print,
   where the reader is, and scrolling by keyboard. All of it is a comfort; a
   page without scripts has the same text, links and search field. */

import { later } from "./elements/later.js";

const page = document.documentElement;
const all = (selector) => [...document.querySelectorAll(selector)];

// --- colour mode: as the system, light, dark ------------------------------

const system = matchMedia("(prefers-color-scheme: dark)");

function keep(mode) {
  try { localStorage.setItem("mode", mode); } catch { /* not allowed */ }
}

function show(mode) {
  page.dataset.mode = mode;
  const dark = mode === "auto" ? system.matches : mode === "dark";
  page.dataset.theme = dark ? "dark" : "light";
}

const MODES = ["auto", "light", "dark"];
for (const button of all(".mode-button")) {
  button.addEventListener("click", () => {
    const next = (MODES.indexOf(page.dataset.mode) + 1) % MODES.length;
    show(MODES[next]);
    keep(MODES[next]);
  });
}
system.addEventListener("change", () => show(page.dataset.mode));

// --- search by a key ------------------------------------------------------

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  const slash = event.key === "/" && !typing && !event.ctrlKey && !event.metaKey;
  const k = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey);
  if (!slash && !(k && !event.shiftKey && !event.altKey)) return;
  event.preventDefault();
  const field = all("input[type=search]").find((e) => e.checkVisibility());
  if (field) field.focus();
  else document.querySelector(".search-link")?.click();
});

// --- print, and copy a cell -----------------------------------------------

for (const button of all(".print-button")) {
  button.addEventListener("click", () => window.print());
}

function copyButton(pre) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "icon-button copy-button";
  button.setAttribute("aria-label", "Copy the code");
  button.innerHTML = '<span class="icon" aria-hidden="true"></span>';
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(pre.textContent);
    button.classList.add("done");
    button.setAttribute("aria-label", "Copied");
    setTimeout(() => {
      button.classList.remove("done");
      button.setAttribute("aria-label", "Copy the code");
    }, 2000);
  });
  return button;
}

// Long pages have a hundred cells, so each is served when it comes near.
function near(elements, serve) {
  const watch = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      watch.unobserve(target);
      serve(target);
    }
  }, { rootMargin: "600px" });
  for (const element of elements) watch.observe(element);
}

if (navigator.clipboard) {
  const cells = all(".bd-article .highlight > pre")
    .filter((pre) => !pre.closest(".cell_output"));
  near(cells, (pre) => pre.after(copyButton(pre)));
}

// --- a long page, laid out piece by piece ---------------------------------

// The style sheet skips the sections out of view. Once the reader moves, and
// when there is time, each is laid out, so that nothing moves later. A link
// into the page does not wait.
const sections = all(".page .bd-article > section > section");

function layOut(section) { section.style.contentVisibility = "visible"; }

for (const section of sections) {
  later(() => {
    layOut(section);
    section.getBoundingClientRect();   // now, so that the time is counted
  });
}
document.addEventListener("click", (event) => {
  if (event.target.closest("a")?.hash) sections.forEach(layOut);
});
if (location.hash) {
  sections.forEach(layOut);
  document.getElementById(decodeURIComponent(location.hash.slice(1)))
    ?.scrollIntoView();
}

// --- where the reader is --------------------------------------------------

const links = new Map(
  all(".on-this-page a").map((a) => [document.querySelector(a.hash), a]),
);
links.delete(null);
const inView = new Set();
const watch = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (isIntersecting) inView.add(target);
    else inView.delete(target);
  }
  const current = [...links.keys()].find((section) => inView.has(section));
  if (!current) return;
  for (const [section, link] of links) {
    if (section === current) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}, { rootMargin: "-80px 0px -60% 0px" });
for (const section of links.keys()) watch.observe(section);
if (matchMedia("(min-width: 1000px)").matches) {   // else it is a popover
  document.querySelector(".contents .current")
    ?.scrollIntoView({ block: "nearest" });
}

// --- what scrolls sideways can be reached by keyboard ---------------------

const SCROLLS = ".bd-article pre, .pst-scrollable-table-container,"
  + " .output.text_html, div.math";
function mark(parts) {
  const wide = parts.filter((part) => part.scrollWidth > part.clientWidth);
  for (const part of parts) part.removeAttribute("tabindex");
  for (const part of wide) part.tabIndex = 0;
}
const reach = new ResizeObserver(
  (entries) => mark(entries.map(({ target }) => target)),
);
for (const part of all(SCROLLS)) reach.observe(part);
// A font that comes late widens what stands in a box of the same size; parts
// that are not laid out yet are measured when they are.
document.fonts.addEventListener("loadingdone", () => mark(all(SCROLLS).filter(
  (part) => part.checkVisibility?.({ contentVisibilityAuto: true }) ?? true,
)));
