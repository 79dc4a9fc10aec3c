import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Rows and classes of an ARFF file: numbers but for the attribute `class`. */
export function readArff(text) {
  const names = [];
  const rows = [];
  let isData = false;
  for (const line of text.split(/\r?\n/).map((raw) => raw.trim())) {
    if (line === "" || line.startsWith("%")) continue;
    if (isData) rows.push(line.split(/[,\s]+/));
    else if (/^@attribute/i.test(line)) names.push(line.split(/\s+/)[1].toLowerCase());
    else if (/^@data/i.test(line)) isData = true;
  }
  const at = names.indexOf("class");
  const classes = new Map();
  const labels = rows.map((row) => {
    if (!classes.has(row[at])) classes.set(row[at], classes.size);
    return classes.get(row[at]);
  });
  return {
    points: rows.map((row) => row.filter((_, c) => c !== at).map(Number)),
    labels,
    classes: classes.size,
  };
}

/** All labelled sets of a folder; none where it is not there. */
export function labelledSets(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith(".arff"))
    .sort()
    .map((file) => ({ name: file.slice(0, -5), ...readArff(readFileSync(join(folder, file), "utf8")) }));
}
