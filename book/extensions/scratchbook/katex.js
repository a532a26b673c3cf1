// Reads {latex, display} from stdin, one JSON a line; answers each with
// {html} or {error}. The argument is the path of katex.min.js.
const katex = require(process.argv[2]);
const lines = require("readline").createInterface({ input: process.stdin });

lines.on("line", (line) => {
  const { latex, display } = JSON.parse(line);
  const options = { displayMode: display, throwOnError: true, strict: "error" };
  let answer;
  try {
    answer = { html: katex.renderToString(latex, options) };
  } catch (error) {
    answer = { error: error.message };
  }
  console.log(JSON.stringify(answer));
});
