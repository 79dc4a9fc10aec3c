import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "June", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const VISITORS = ["New_Visitor", "Other", "Returning_Visitor"];
const LABEL = "Revenue";

const numberOf = (column, text) => {
  if (column === "Month") return MONTHS.indexOf(text);
  if (column === "VisitorType") return VISITORS.indexOf(text);
  return text === "TRUE" ? 1 : text === "FALSE" ? 0 : Number(text);
};

/** Codes without an order: beside its number each gets a column of its own for every value that is not rare. */
const CODES = ["Month", "TrafficType"];
const LEAST_ROWS = 60;

/** Names of flags, `Month=10`, for codes that are frequent: made of the inputs alone. */
function flagsOf(names, points) {
  return CODES.flatMap((code) => {
    const at = names.indexOf(code);
    const counts = new Map();
    for (const row of points) counts.set(row[at], (counts.get(row[at]) ?? 0) + 1);
    return [...counts]
      .filter(([, rows]) => rows >= LEAST_ROWS)
      .map(([value]) => ({ name: `${code}=${value}`, at, value }));
  });
}

/**
 * Sessions of an online shop (UCI 468) as numbers; null where the folder is not there.
 *
 * @param {{ without?: readonly string[], flags?: boolean }} options Columns to leave out; whether codes get flags.
 * @returns {{ points: number[][], labels: Uint8Array, names: string[] } | null}
 */
export function loadShoppers({ without = [], flags = true } = {}) {
  const shared = process.env.ATTUNE_SHARED ?? fileURLToPath(new URL("../../../shared", import.meta.url));
  const file = join(shared, "data/online-shoppers/train.csv");
  if (!existsSync(file)) return null;
  const [head, ...lines] = readFileSync(file, "utf8").trim().split(/\r?\n/);
  const columns = head.split(",");
  const kept = columns.map((_, i) => i).filter((i) => columns[i] !== LABEL && !without.includes(columns[i]));
  const cells = lines.map((line) => line.split(","));
  const names = kept.map((i) => columns[i]);
  const points = cells.map((row) => kept.map((i) => numberOf(columns[i], row[i])));
  const labels = Uint8Array.from(cells, (row) => (row[columns.indexOf(LABEL)] === "TRUE" ? 1 : 0));
  if (!flags) return { names, points, labels };
  const own = flagsOf(names, points);
  return {
    names: [...names, ...own.map(({ name }) => name)],
    points: points.map((row) => [...row, ...own.map(({ at, value }) => (row[at] === value ? 1 : 0))]),
    labels,
  };
}

/** @param {readonly string[]} features */
export const shopperMetadata = (features) => ({
  ...{ name: "conversion", features, featuresVersion: null, purposes: ["personalization"] },
  ...{ label: "the session ends with an order", outputs: ["probability"], trainedOn: null },
});
