import { setFlagsFromString } from "node:v8";

/** How much what lives on may grow before all of it is collected again, %. */
const GROWTH = 300;

/**
 * Sets V8's heap for a service, which makes much that dies young and holds up whatever is under way when it collects. For the whole process, so that only
 * a program of its own should ask for it, and first of all: the commands `serve` and `worker` do. What the process was started with holds.
 *
 * - All of the heap is collected only once it is four times what lived after the last time, as far as `--max-old-space-size` lets it. Hardly
 *   anything in a service dies old, and V8's own choice is half as much again. It costs memory: up to three times what lives.
 * - Everything is born young. V8 makes among the old what comes from a place whose objects live long, and takes the thousand streams that pages open for
 *   that: from then on what is made for each request is born old there, and keeps alive whatever it refers to until all is collected.
 */
export function tuneHeap(): void {
  const given = [...process.execArgv, process.env.NODE_OPTIONS ?? ""].join(" ");
  if (!/--heap[-_]growing[-_]percent/.test(given)) setFlagsFromString(`--heap-growing-percent=${GROWTH}`);
  if (!/--(no[-_]?)?allocation[-_]site[-_]pretenuring/.test(given))
    setFlagsFromString("--no-allocation-site-pretenuring");
}
