/** Resolves at the first SIGINT or SIGTERM. */
export const interrupted = (): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      // A second signal ends at once, as it would without us.
      process.removeListener("SIGINT", end);
      process.removeListener("SIGTERM", end);
      resolve();
    };
    process.on("SIGINT", end);
    process.on("SIGTERM", end);
  });
