import { parseArgs } from "node:util";
import { analyzeFile } from "../analyze/analyze-file.js";
import type { AnalysisMapping } from "../analyze/mapping.js";
import { sniffCsv } from "../analyze/sniff-csv.js";
import { columnsOfAnalysis, validateAnalysisMapping } from "../analyze/validate-mapping.js";
import { openRows } from "../replay/rows.js";
import { type AnalysisFlags, mappingOfFlags } from "./analysis-flags.js";
import { issueLines, readJsonFile } from "./files.js";
import { fileOf } from "./named-file.js";
import { showAnalysis } from "./show-analysis.js";
import { bar, number, type Terminal } from "./terminal.js";
import { UsageError } from "./usage.js";

const OPTIONS = {
  mapping: { type: "string" },
  variant: { type: "string" },
  metric: { type: "string", multiple: true },
  user: { type: "string" },
  control: { type: "string" },
  weights: { type: "string" },
  dimension: { type: "string", multiple: true },
  units: { type: "string" },
  time: { type: "string" },
  days: { type: "string" },
  caring: { type: "string" },
  planned: { type: "string" },
  json: { type: "boolean", default: false },
} as const;

/** `attune analyze FILE`: all that can be said of an experiment from a file of users or of counts; exit code 1 where its input cannot be judged. */
export async function analyzeCommand(args: string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: OPTIONS });
  const file = fileOf(positionals, "analyze");
  const { mapping: given, json, ...flags } = values;
  const mapping = await mappingOf(given, flags);
  const format = mapping.format ?? (/\.(ndjson|jsonl)(\.gz)?$/.test(file) ? "ndjson" : "csv");
  const { delimiter, isCommaDecimal } =
    format === "csv" ? await sniffCsv(file, mapping.delimiter) : { delimiter: ",", isCommaDecimal: false };
  const columns =
    mapping.columns ?? (format === "ndjson" ? [...columnsOfAnalysis(mapping).keys()] : undefined);
  const source = await openRows(file, { format, delimiter, ...(columns && { columns }) });
  const analysis = await analyzeFile(source, {
    mapping,
    isCommaDecimal,
    onColumns: (found) => checkColumns(mapping, found),
    onProgress: (rows) => terminal.status(`${bar(source.progress())} ${number(rows)} rows`),
  });
  terminal.status("");
  if (json) terminal.out(JSON.stringify(analysis));
  else showAnalysis(analysis, terminal);
  return analysis.report.decision.state === "invalid" ? 1 : 0;
}

async function mappingOf(file: string | undefined, flags: AnalysisFlags): Promise<AnalysisMapping> {
  const json = file === undefined ? {} : await readJsonFile("mapping", file);
  if (typeof json !== "object" || json === null || Array.isArray(json))
    throw new UsageError(`The mapping ${file} is not a JSON object.`);
  const given = { ...json, ...mappingOfFlags(flags) } as Partial<AnalysisMapping>;
  if (given.variant === undefined || given.metrics === undefined)
    throw new UsageError(
      "Say which column is the variant and what to look at: --variant COLUMN --metric COLUMN, or a --mapping. Try: attune help analyze",
    );
  const result = validateAnalysisMapping(given);
  if (result.ok) return result.value;
  throw new UsageError(`The mapping is not right:\n${issueLines(result.error)}`);
}

function checkColumns(mapping: AnalysisMapping, found: readonly string[]): void {
  for (const [column, path] of columnsOfAnalysis(mapping))
    if (!found.includes(column))
      throw new UsageError(
        `The mapping is not right:\n  ${path} names the column "${column}"; the file has: ${found.join(", ") || "no header line"}`,
      );
}
