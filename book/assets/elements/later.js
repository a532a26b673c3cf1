/* Work that waits until the reader does something. A chapter is long: to lay
   out all of it, and to fill it with fields (for which browsers lay out what
   is around them), would stop a phone for half a second before anyone reads.
   So each piece is done when the reader comes near it, and from the first
   move, key or touch on all the others too, one by one, when there is time. */

const NEAR = "1000px";  // about a screen above and below
const PATIENCE = {timeout: 300};  // ms until a piece is done even when busy
const ENOUGH = 10;  // ms that must be left to begin one more
const STIRS = ["scroll", "pointermove", "pointerdown", "keydown"];

const jobs = [];
const idle = window.requestIdleCallback ?? (then => setTimeout(then, 60));
let awake = false, going = false;
const ended = [];

function next(deadline) {
  do jobs.shift()?.();
  while (jobs.length && deadline?.timeRemaining() > ENOUGH);
  if (jobs.length) {
    idle(next, PATIENCE);
    return;
  }
  going = false;
  for (const tell of ended.splice(0)) tell();
}

function go() {
  if (going || !awake || !jobs.length) return;
  going = true;
  idle(next, PATIENCE);
}

function stir() {
  for (const kind of STIRS) removeEventListener(kind, stir);
  awake = true;
  go();
}
for (const kind of STIRS) addEventListener(kind, stir, {passive: true});

/** Do `job` when there is time, after the reader's first move. */
export function later(job) {
  jobs.push(job);
  go();
}

/** Do all that waits as if the reader had moved; resolves when it is done. */
export function settle() {
  stir();
  return jobs.length ? new Promise(tell => ended.push(tell)) : undefined;
}

const starts = new WeakMap();

function begin(element) {
  near.unobserve(element);
  const start = starts.get(element);
  starts.delete(element);
  start?.();
}

const near = new IntersectionObserver(entries => {
  for (const {isIntersecting, target} of entries) {
    if (isIntersecting) begin(target);
  }
}, {rootMargin: NEAR});

/** Call `start` once: when the reader comes near `element`, or later. */
export function whenNear(element, start) {
  starts.set(element, start);
  near.observe(element);
  later(() => begin(element));
}
