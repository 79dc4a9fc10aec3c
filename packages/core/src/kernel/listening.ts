/**
 * A function of the host's that only listens, as anything may call it: what it throws or rejects with, by a promise of whatever library, is
 * reported, and does not become a failure of what it is told of.
 */
export const listening =
  <A extends readonly unknown[]>(hook: (...told: A) => unknown, report: (error: unknown) => void) =>
  (...told: A): void => {
    try {
      Promise.resolve(hook(...told)).catch(report);
    } catch (error) {
      report(error);
    }
  };
