import type { TimeFormat } from "./mapping.js";

const AUTO =
  /^(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?\s*(UTC|GMT|Z|[+-]\d\d:?\d\d)?$/;

const HOUR_MS = 3_600_000;

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
  // Whatever a month, a day or a zone does not have would silently become another time; a leap second (60) may.
  const date = new Date(Date.UTC(year, month - 1, day));
  const isDate =
    date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  const offset = offsetMs(match[8]);
  if (!isDate || hour > 23 || minute > 59 || second > 60 || Math.abs(offset) > 14 * HOUR_MS) return null;
  return Date.UTC(year, month - 1, day, hour, minute, second, ms) - offset;
}

function offsetMs(zone: string | undefined): number {
  if (zone === undefined || /^[A-Z]/.test(zone)) return 0;
  const digits = zone.replace(/\D/g, "");
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  return (zone.startsWith("-") ? -minutes : minutes) * 60_000;
}
