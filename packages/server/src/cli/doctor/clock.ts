import { type Finding, warning } from "./finding.js";

/** A server's own time, and when it was asked for and answered by this machine's clock, epoch ms. */
export interface TimeReading {
  server: number;
  /** How coarse the server tells it, ms: it may be as much later. */
  within: number;
  asked: number;
  answered: number;
}

const TOLERATED_MS = 1000;

/** By how much the clocks differ at the least, ms; positive where the server's is ahead. The way there and back is taken off. */
export function clockDifference({ server, within, asked, answered }: TimeReading): number {
  if (server > answered) return server - answered;
  if (server + within < asked) return server + within - asked;
  return 0;
}

/** Retention, sessions and leases go by clocks: more than a second apart is told. */
export function judgeClock(reading: TimeReading | null): Finding[] {
  if (reading === null) return [];
  const difference = clockDifference(reading);
  if (Math.abs(difference) <= TOLERATED_MS) return [];
  const seconds = (Math.abs(difference) / 1000).toFixed(1);
  return [
    warning(
      "ATTUNE_DOCTOR_CLOCK",
      `Its clock is ${seconds} s ${difference > 0 ? "ahead of" : "behind"} this machine's. Let both follow the same time servers (chrony, systemd-timesyncd).`,
    ),
  ];
}

/** From a `Date` header, which tells whole seconds. */
export function fromDateHeader(
  header: string | null | undefined,
  asked: number,
  answered: number,
): TimeReading | null {
  const server = Date.parse(header ?? "");
  return Number.isNaN(server) ? null : { server, within: 1000, asked, answered };
}
