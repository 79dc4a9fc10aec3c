import type { MetricReport } from "@attune/core/stats";

const digits = (value: number, most: number): string =>
  value.toLocaleString("en", { maximumSignificantDigits: most });

/** As `12.3%`; small ones keep two digits that tell something. */
export const share = (value: number): string =>
  `${(value * 100).toLocaleString("en", value !== 0 && Math.abs(value) < 0.01 ? { maximumSignificantDigits: 2 } : { maximumFractionDigits: 1 })}%`;

/** With its sign, a real minus: `+4.2%`, `−0.3%`. */
export function signedShare(value: number): string {
  if (value === 0) return "0%";
  return `${value > 0 ? "+" : "−"}${share(Math.abs(value))}`;
}

export function signed(value: number): string {
  if (value === 0) return "0";
  return `${value > 0 ? "+" : "−"}${digits(Math.abs(value), 3)}`;
}

/** As exact as an interval of that width makes it worth: three digits of the width. */
export function signedWithin(value: number, width: number): string {
  const decimals = width > 0 ? Math.min(6, Math.max(0, 2 - Math.floor(Math.log10(width)))) : 3;
  const rounded = Number(value.toFixed(decimals));
  if (rounded === 0) return "0";
  return `${rounded > 0 ? "+" : "−"}${Math.abs(rounded).toLocaleString("en", { maximumFractionDigits: decimals })}`;
}

/** Never said to be certain: `> 99.9%`, `< 0.1%`. */
export function probability(value: number): string {
  if (value > 0.999) return "> 99.9%";
  if (value < 0.001) return "< 0.1%";
  return `${(value * 100).toFixed(1)}%`;
}

/** Rates are shares, all else is in the units of the metric. */
export const isRate = ({ method }: Pick<MetricReport, "method">): boolean => method === "beta";

export const valueOf = (metric: Pick<MetricReport, "method">, value: number): string =>
  isRate(metric) ? share(value) : digits(value, 4);

/** Of rates, in percentage points. */
export function lossOf(metric: Pick<MetricReport, "method">, loss: number): string {
  if (!isRate(metric)) return digits(loss, 2);
  const points = loss * 100;
  return points > 0 && points < 0.001 ? "< 0.001 pp" : `${digits(points, 2)} pp`;
}

export const days = (value: number): string => {
  if (value >= 2) return `${Math.floor(value)} days`;
  if (value >= 1) return "1 day";
  const hours = Math.floor(value * 24);
  return hours >= 1 ? `${hours} ${hours === 1 ? "hour" : "hours"}` : "less than an hour";
};
