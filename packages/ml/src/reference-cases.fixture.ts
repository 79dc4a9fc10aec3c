import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** One result of another library that ours must come to. */
interface ReferenceCase {
  id: string;
  area: string;
  fn: string;
  input: Record<string, unknown>;
  expected: Record<string, unknown>;
  tol: { rel?: number; abs?: number };
}

interface ReferenceFile<D> {
  datasets: Record<string, D>;
  cases: ReferenceCase[];
}

/** The folder of data that tests share and the project does not hold. */
export const SHARED_DATA =
  process.env["ATTUNE_SHARED"] ?? fileURLToPath(new URL("../../../../shared", import.meta.url));

/** Reference results; nothing where the file is not there, and said so. `what` names what is left out then. */
export function referenceCases<D>(what: string): ReferenceFile<D> & { there: boolean } {
  const path = `${SHARED_DATA}/reference/stats_cases.json`;
  if (existsSync(path))
    return { there: true, ...(JSON.parse(readFileSync(path, "utf8")) as ReferenceFile<D>) };
  console.warn(`left out: ${what} (no file at ATTUNE_SHARED or ../shared)`);
  return { there: false, datasets: {}, cases: [] };
}
