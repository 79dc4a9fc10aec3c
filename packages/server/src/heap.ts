import { setFlagsFromString } from "node:v8";

/** How much what lives on may grow before all of it is collected again, %. */
const GROWTH = 300;

/**
 * Has V8 collect all of its heap less often: only once it is four times what lived after the last time, as far as `--max-old-space-size` lets it.
 * For a service, in which hardly anything dies old, V8's own choice is half as much again, and each full collection holds up whatever is
 * under way. It costs memory: up to three times what lives. It is the whole process's, so that only a program of its own should ask for it, and
 * first of all: the commands `serve` and `worker` do. What the process was started with holds.
 */
export function growHeap(): void {
  const given = [...process.execArgv, process.env.NODE_OPTIONS ?? ""].join(" ");
  if (!/--heap[-_]growing[-_]percent/.test(given)) setFlagsFromString(`--heap-growing-percent=${GROWTH}`);
}
