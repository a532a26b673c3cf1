/* The one Python of a page, in a worker that is loaded when it is first
   asked for. A run that takes too long is ended with the worker, and another
   is started. Whoever listens to "scratchlm-python" on the document hears
   every change of `python.state`. */

class Python {
  constructor() {
    this.state = "off";   // then "starting", "ready", "busy", "failed"
    this.queue = Promise.resolve();
  }

  start() {
    if (this.ready) return this.ready;
    this.change("starting");
    this.worker = new Worker(
      new URL("python-worker.js", import.meta.url), {type: "module"});
    this.ready = new Promise((resolve, reject) => {
      this.reject = reject;
      this.worker.onmessage = ({data}) => {
        if (data.kind === "failed") reject(new Error(data.why));
        else resolve();
      };
      this.worker.onerror = event => reject(new Error(event.message));
    });
    this.ready.then(() => this.change("ready"), () => this.end("failed"));
    return this.ready;
  }

  change(state) {
    this.state = state;
    document.dispatchEvent(new CustomEvent("scratchlm-python"));
  }

  /* After this, `start` begins anew. */
  end(state) {
    this.worker?.terminate();
    this.worker = this.ready = null;
    this.change(state);
  }

  /* Runs one after another; gives {error, results} or {stopped: why}. */
  run(job) {
    const result = this.queue.then(() => this.runNow(job));
    this.queue = result.catch(() => {});
    return result;
  }

  async runNow({code, checks, seconds, print}) {
    await this.start();
    this.change("busy");
    return new Promise(resolve => {
      const finish = (result, state) => {
        clearTimeout(this.clock);
        this.stop = null;
        if (state === "off") {
          this.end("off");
          this.start().catch(() => {});
        } else {
          this.change("ready");
        }
        resolve(result);
      };
      this.stop = why => finish({stopped: why}, "off");
      const late = `Stopped after ${seconds} seconds. Does a loop never end?`;
      this.clock = setTimeout(() => this.stop?.(late), 1000 * seconds);
      this.worker.onmessage = ({data}) => {
        if (data.kind === "out") print(data.text);
        else finish(data, "ready");
      };
      this.worker.onerror = event => {
        event.preventDefault();
        this.stop?.(`Python itself ended (${event.message}). `
          + "It is started again.");
      };
      this.worker.postMessage({code, checks});
    });
  }
}

export const python = new Python();
