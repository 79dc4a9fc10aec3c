import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const SCRIPT = fileURLToPath(new URL("scikit-learn.py", import.meta.url));
const run = promisify(execFile);
const ONE_THREAD = { OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1", MKL_NUM_THREADS: "1" };

/**
 * The same points through scikit-learn, in a process of its own with one thread.
 *
 * @param {{ data: Float64Array }} made
 * @param {{ method: "kmeans" | "dbscan" | "ward", columns: number, rounds: number, k?: number, eps?: number, minSamples?: number }} task
 * @returns {Promise<{ seconds: number, megabytes: number, version: string } | null>} null where Python has no scikit-learn.
 */
export async function byScikitLearn({ data }, task) {
  try {
    await run("python3", ["-c", "import sklearn"]);
  } catch {
    return null;
  }
  const folder = mkdtempSync(join(tmpdir(), "attune-bench-"));
  const file = join(folder, "points.f64");
  try {
    writeFileSync(file, data);
    const { stdout } = await run("python3", [SCRIPT, JSON.stringify({ ...task, file })], {
      env: { ...process.env, ...ONE_THREAD },
    });
    return JSON.parse(stdout);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
