/* The one script of every page. It loads the module of each custom element
   that stands on the page, and nothing else; without it every page reads as
   it was built. Widgets wait until the reader comes near them. */

const AT_ONCE = ["llm-quiz", "llm-predict", "llm-parsons", "llm-progress"];
const WHEN_NEAR = [
  "llm-tokens", "llm-window", "llm-position", "llm-explorer",
  "llm-scaling", "llm-python",
];
const NEAR = "1000px";  // about a screen above and below

const bring = tag => import(`./elements/${tag}.js`);

for (const tag of AT_ONCE) {
  if (document.querySelector(tag)) bring(tag);
}

const near = new IntersectionObserver(entries => {
  for (const {isIntersecting, target} of entries) {
    if (!isIntersecting) continue;
    near.unobserve(target);
    bring(target.localName);
  }
}, {rootMargin: NEAR});
for (const widget of document.querySelectorAll(WHEN_NEAR.join(","))) {
  near.observe(widget);
}
