/** Bundlers replace the whole expression by a text. Where `process` does not exist, this is not development. */
declare const process: { env: { NODE_ENV?: string } };

interface Platform {
  console?: { warn(...told: unknown[]): void };
}

/**
 * Where a host listens to no `report`: in development each problem is told on the console, once. A production build holds nothing of it
 * (`process.env.NODE_ENV` is `"production"` there), and a page without a bundler says nothing.
 */
export function createDevelopmentReport(): (error: unknown) => void {
  const told = new Set<string>();
  return (error) => {
    try {
      if (process.env.NODE_ENV !== "production") {
        const { code = "", message = String(error) } = (error ?? {}) as { code?: string; message?: string };
        const line = `[attune] ${message}${typeof code === "string" && code ? ` (${code})` : ""}`;
        if (told.has(line)) return;
        told.add(line);
        (globalThis as Platform).console?.warn(line);
      }
    } catch {
      // No `process`: no development.
    }
  };
}
