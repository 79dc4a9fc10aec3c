/** Calls back at the first SIGINT or SIGTERM. Gives what stops waiting for one. */
export function onInterrupt(interrupt: () => void): () => void {
  const stop = (): void => {
    process.removeListener("SIGINT", end);
    process.removeListener("SIGTERM", end);
  };
  const end = (): void => {
    // A second signal ends at once, as it would without us.
    stop();
    interrupt();
  };
  process.on("SIGINT", end);
  process.on("SIGTERM", end);
  return stop;
}

/** Resolves at the first SIGINT or SIGTERM. */
export const interrupted = (): Promise<void> => new Promise((resolve) => void onInterrupt(resolve));
