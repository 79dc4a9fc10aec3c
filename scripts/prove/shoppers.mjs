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

/**
 * Sessions of an online shop (UCI 468) as numbers; null where the folder is not there.
 *
 * @param {readonly string[]} without Columns to leave out.
 * @returns {{ points: number[][], labels: Uint8Array, names: string[] } | null}
 */
export function loadShoppers(without = []) {
  const shared = process.env.ATTUNE_SHARED ?? fileURLToPath(new URL("../../../shared", import.meta.url));
  const file = join(shared, "data/online-shoppers/train.csv");
  if (!existsSync(file)) return null;
  const [head, ...lines] = readFileSync(file, "utf8").trim().split(/\r?\n/);
  const columns = head.split(",");
  const kept = columns.map((_, i) => i).filter((i) => columns[i] !== LABEL && !without.includes(columns[i]));
  const cells = lines.map((line) => line.split(","));
  return {
    names: kept.map((i) => columns[i]),
    points: cells.map((row) => kept.map((i) => numberOf(columns[i], row[i]))),
    labels: Uint8Array.from(cells, (row) => (row[columns.indexOf(LABEL)] === "TRUE" ? 1 : 0)),
  };
}

/** @param {readonly string[]} features */
export const shopperMetadata = (features) => ({
  ...{ name: "conversion", features, featuresVersion: null, purposes: ["personalization"] },
  ...{ label: "the session ends with an order", outputs: ["probability"], trainedOn: null },
});
