/* Python in a worker, for llm-python.js: loads what the site's build has put
   into ../pyodide/, runs code and checks, sends what was printed.

   In:  {code, checks}
   Out: {kind: "ready"}, {kind: "failed", why}: after the start
        {kind: "out", text}: printed lines, up to LONGEST_OUTPUT characters
        {kind: "done", error, results}: see `run` in exercise.py */

const FOLDER = new URL("../pyodide/", import.meta.url).href;
const LONGEST_OUTPUT = 4000;
const fetchPlain = self.fetch.bind(self);
let python, run, printed = 0;

/* The program is kept packed, so that every server sends few bytes. */
self.fetch = async (url, options) => {
  if (!String(url).endsWith(".wasm")) return fetchPlain(url, options);
  const response = await fetchPlain(`${url}.packed`, options);
  if (!response.ok) throw new Error(`${response.status} for ${url}.packed`);
  const plain = response.body.pipeThrough(new DecompressionStream("gzip"));
  return new Response(plain, {headers: {"Content-Type": "application/wasm"}});
};

function print(text) {
  if (printed > LONGEST_OUTPUT) return;
  printed += text.length + 1;
  const cut = printed > LONGEST_OUTPUT;
  const shown = cut ? `${text.slice(0, LONGEST_OUTPUT)}\n... and more` : text;
  postMessage({kind: "out", text: `${shown}\n`});
}

async function text(url) {
  const response = await fetchPlain(url);
  if (!response.ok) throw new Error(`${response.status} for ${url}`);
  return response.text();
}

async function start() {
  const runner = text(new URL("exercise.py", import.meta.url));
  const {lock} = JSON.parse(await text(`${FOLDER}manifest.json`));
  const {loadPyodide} = await import(`${FOLDER}pyodide.mjs`);
  python = await loadPyodide({
    indexURL: FOLDER,
    lockFileContents: {info: lock, packages: {}},
    packageBaseUrl: FOLDER,
    stdout: print,
    stderr: print,
  });
  python.globals.set("__name__", "exercise");
  python.runPython(await runner, {filename: "exercise.py"});
  run = python.globals.get("run");
  postMessage({kind: "ready"});
}

function answer({data: {code, checks}}) {
  printed = 0;
  const listed = python.toPy(checks);
  const found = run(code, listed);
  const told = found.toJs({dict_converter: Object.fromEntries});
  for (const proxy of [listed, found]) proxy.destroy();
  postMessage({kind: "done", ...told});
}

self.addEventListener("message", answer);
start().catch(error => {
  postMessage({kind: "failed", why: String(error?.message ?? error)});
});
