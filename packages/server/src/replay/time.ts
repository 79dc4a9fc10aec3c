import type { TimeFormat } from "./mapping.js";

const AUTO =
  /^(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?\s*(UTC|GMT|Z|[+-]\d\d:?\d\d)?$/;

/** A recorded time as epoch ms, or null if it is none. A time without a zone is UTC. */
export function parseTime(text: string, format: TimeFormat): number | null {
  if (format !== "auto") {
    const given = text.trim() === "" ? Number.NaN : Number(text);
    return Number.isFinite(given) ? Math.round(format === "epoch-s" ? given * 1000 : given) : null;
  }
  const match = AUTO.exec(text.trim());
  if (!match) return null;
  const part = (index: number): number => Number(match[index] ?? 0);
  const ms = Math.floor(Number(`0.${match[7] ?? 0}`) * 1000);
  const [year, month, day, hour, minute, second] = [part(1), part(2), part(3), part(4), part(5), part(6)];
  const time = Date.UTC(year, month - 1, day, hour, minute, second, ms);
  // A day that the month does not have would silently become another date.
  if (new Date(time).getUTCDate() !== day || month > 12 || hour > 23 || minute > 59 || second > 60)
    return null;
  return time - offsetMs(match[8]);
}

function offsetMs(zone: string | undefined): number {
  if (zone === undefined || /^[A-Z]/.test(zone)) return 0;
  const digits = zone.replace(/\D/g, "");
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  return (zone.startsWith("-") ? -minutes : minutes) * 60_000;
}
