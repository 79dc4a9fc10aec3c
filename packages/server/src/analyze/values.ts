/** What files say where there is nothing. */
const MISSING: ReadonlySet<string> = new Set([
  "",
  "na",
  "n/a",
  "nan",
  "null",
  "none",
  "nil",
  "\\n",
  "-",
  "undefined",
  "#n/a",
]);
const YES: ReadonlySet<string> = new Set(["1", "true", "t", "yes", "y", "on", "1.0"]);
const NO: ReadonlySet<string> = new Set(["0", "false", "f", "no", "n", "off", "0.0"]);

/** A field without what stands around it, or null where there is nothing. */
export function fieldOf(given: string | null | undefined): string | null {
  const text = (given ?? "").trim();
  return MISSING.has(text.toLowerCase()) ? null : text;
}

/** 1 or 0 for yes or no, NaN for neither. */
export function yesOrNo(text: string): number {
  const given = text.toLowerCase();
  if (YES.has(given)) return 1;
  return NO.has(given) ? 0 : Number.NaN;
}

const PLAIN = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const GROUPED = /^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$/;
const DECIMAL_COMMA = /^[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+),\d+$/;

/**
 * A number as people write it: with a currency's sign, thousands in groups, or, where fields are not parted by commas, a decimal comma. NaN for what is none, and for yes and no other than as 1 and 0 are true and false.
 */
export function numberOf(text: string, isCommaDecimal: boolean): number {
  const given = text.replace(/^([+-]?)\s*[$€£¥]\s*|\s*[$€£¥%]$/g, "$1").replace(/[\s\u00a0_'](?=\d)/g, "");
  if (PLAIN.test(given)) return Number(given);
  if (isCommaDecimal && DECIMAL_COMMA.test(given)) return Number(given.replaceAll(".", "").replace(",", "."));
  if (GROUPED.test(given)) return Number(given.replaceAll(",", ""));
  return /^(?:true|false|yes|no)$/i.test(given) ? yesOrNo(given) : Number.NaN;
}

const WHOLE_GROUPED = /^\d{1,3}(?:[.,]\d{3})+$/;

/** How many there are: as {@link numberOf}, but what could be decimals are thousands, for nobody counts 10.234 visitors. */
export const countOf = (text: string, isCommaDecimal: boolean): number =>
  WHOLE_GROUPED.test(text) && (isCommaDecimal || !text.includes("."))
    ? Number(text.replace(/[.,]/g, ""))
    : numberOf(text, isCommaDecimal);
