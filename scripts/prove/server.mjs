import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { root } from "../lib/run.mjs";

const SERVERS = join(root, "benchmarks", "servers");
export const WRITE_KEY = "wk_proof";
export const SECRET_KEY = "sk_proof";

/**
 * Starts a server on the built packages and waits until it listens. It ends with this process.
 *
 * @param {object} settings As `benchmarks/servers/ports.mjs` takes them.
 * @param {string} [script] Another server in that folder.
 */
export async function startServer(settings, script = "configured.mjs") {
  const child = fork(join(SERVERS, script), [JSON.stringify(settings)], {
    stdio: ["ignore", "inherit", "pipe", "ipc"],
  });
  let text = "";
  child.stderr.on("data", (chunk) => {
    text = (text + chunk).slice(-4000);
    if (process.env.ATTUNE_PROVE_VERBOSE) process.stderr.write(chunk);
  });
  const asked = new Map();
  let next = 0;
  let tellFolding;
  const folding = new Promise((resolve) => {
    tellFolding = resolve;
  });
  const gone = once(child, "exit");
  const port = await new Promise((resolve, reject) => {
    child.on("message", (message) => {
      if (message.port) return resolve(message.port);
      if (message.folding) return tellFolding();
      const { settle, fail } = asked.get(message.id);
      asked.delete(message.id);
      return message.failed ? fail(new Error(message.failed)) : settle(message.answer);
    });
    child.once("exit", (code, signal) => {
      const ended = new Error(`the server ended with ${code ?? signal}: ${text}`);
      reject(ended);
      for (const { fail } of asked.values()) fail(ended);
    });
  });
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    pid: child.pid,
    /** Resolves with the first event that this process folds. */
    folding,
    ask: (ask, rest = {}) =>
      new Promise((settle, fail) => {
        next += 1;
        asked.set(next, { settle, fail });
        child.send({ id: next, ask, ...rest });
      }),
    /** SIGKILL, and waits until it is gone. */
    async kill() {
      child.kill("SIGKILL");
      await gone;
    },
  };
}
