import { AttuneError } from "@attune/core";

/** Node says the first of ES modules, the second of CommonJS. */
const MISSING = new Set(["ERR_MODULE_NOT_FOUND", "MODULE_NOT_FOUND"]);

/**
 * Loads what one system alone needs, when it is configured: who uses no Redis installs none.
 *
 * @throws AttuneError `ATTUNE_CLI_PACKAGE` with the line that installs it.
 */
export async function vendor<T>(system: string, name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    if (!MISSING.has(String((cause as { code?: unknown } | null)?.code))) throw cause;
    throw new AttuneError(
      "ATTUNE_CLI_PACKAGE",
      `${system} needs the package ${name}, which is not installed here. Run: npm install ${name}`,
      { cause },
    );
  }
}
