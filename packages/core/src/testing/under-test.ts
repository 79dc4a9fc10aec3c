import type { ConformanceClock } from "./conformance.js";
import { createFakeClock } from "./fake-clock.js";

/** How the suites and histories of a port come to the thing they test. */
export interface UnderTest<Port, Capabilities> {
  /** Shown in the titles. */
  name: string;
  /** A fresh, empty one that reads the given clock. */
  make(context: { clock: ConformanceClock }): Promise<Port>;
  /** The adapter's own declaration; checked against what the adapter says of itself, where it does. */
  capabilities: Capabilities;
  /** Opens again what the last `make` made, after it was closed. Needed where `durable`. */
  reopen?(context: { clock: ConformanceClock }): Promise<Port>;
  /** Cleans up after a case whose port is already closed. */
  dispose?(): Promise<void>;
  /** Where the engine keeps its own time (default: a fake clock for each case). */
  clock?: ConformanceClock;
}

export interface PortContext<Port> {
  port: Port;
  clock: ConformanceClock;
  /** The clock is a fake one, and not the engine's. */
  ownClock: boolean;
  /** Closes it and opens it again. */
  reopen(): Promise<Port>;
}

/** Makes one, runs a case or a history on it and cleans up, whatever came of it. */
export async function withPort<Port extends { close(): Promise<void> }>(
  options: UnderTest<Port, unknown>,
  run: (context: PortContext<Port>) => Promise<void>,
): Promise<void> {
  const clock = options.clock ?? createFakeClock();
  let port = await options.make({ clock });
  const reopen = async (): Promise<Port> => {
    await port.close();
    if (options.reopen === undefined)
      throw new Error(`"${options.name}" is durable and needs \`reopen\` in its conformance options.`);
    port = await options.reopen({ clock });
    return port;
  };
  try {
    await run({ port, clock, ownClock: options.clock === undefined, reopen });
  } finally {
    await port.close();
    await options.dispose?.();
  }
}
