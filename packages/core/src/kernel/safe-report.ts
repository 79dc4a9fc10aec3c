/**
 * The host's `report` as anything may call it: what it throws, or rejects with where it is asynchronous, goes nowhere, since who reports
 * badly has nobody left to tell. In Node a rejection that nobody handles would end the process.
 */
export const safeReport =
  (host: { report?(error: unknown): unknown }) =>
  (error: unknown): void => {
    try {
      // Also where the promise is another realm's or another library's.
      Promise.resolve(host.report?.(error)).catch(() => undefined);
    } catch {
      // See above.
    }
  };
