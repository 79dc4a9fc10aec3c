import type { InfluxConfig } from "@attune/core/wire";
import { fromDateHeader, judgeClock } from "./clock.js";
import { error, type Finding, unchecked, warning } from "./finding.js";

const DAY_MS = 86_400_000;
const PATIENCE_MS = 5000;

/** A duration as InfluxDB 1.x writes it (`168h0m0s`), ms; 0 is for ever. */
export function influxDuration(text: string): number {
  const units: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000 };
  return [...text.matchAll(/(\d+)([hms])/g)].reduce(
    (sum, [, count, unit = ""]) => sum + Number(count) * (units[unit] ?? 0),
    0,
  );
}

export function judgeRetention(duration: string, retentionMs: number): Finding[] {
  const kept = influxDuration(duration);
  if (kept === 0 || kept >= retentionMs) return [];
  return [
    warning(
      "ATTUNE_DOCTOR_INFLUX_RETENTION",
      `Its default retention policy keeps points for ${Math.floor(kept / DAY_MS)} days, events are kept for ${Math.floor(retentionMs / DAY_MS)}: reports reach less far back. Alter the policy's DURATION.`,
    ),
  ];
}

interface Answer {
  error?: string;
  results?: { error?: string; series?: { columns: string[]; values: unknown[][] }[] }[];
}

export async function lookAtInflux(config: InfluxConfig, retentionMs: number): Promise<Finding[]> {
  const { url, database } = config;
  const base = url.replace(/\/+$/, "");
  const asked = Date.now();
  const ping = await fetch(`${base}/ping`, { signal: AbortSignal.timeout(PATIENCE_MS) });
  await ping.body?.cancel();
  // With `ping-auth-enabled` it answers 401, and says what it is.
  if (!ping.ok && !ping.headers.has("x-influxdb-version"))
    return [
      error(
        "ATTUNE_DOCTOR_INFLUX_NONE",
        `What answers there (with ${ping.status}) is no InfluxDB. Correct /ports/series/url in the configuration.`,
      ),
    ];
  const clock = judgeClock(fromDateHeader(ping.headers.get("date"), asked, Date.now()));
  if (database === undefined)
    return [...clock, unchecked("The bucket's retention", "of InfluxDB 2 only its presence is looked at.")];
  const answer = await showPolicies(base, { ...config, database });
  const problem = answer.error ?? answer.results?.[0]?.error;
  if (problem !== undefined)
    return [
      ...clock,
      problem.startsWith("database not found")
        ? error(
            "ATTUNE_DOCTOR_INFLUX_DATABASE",
            `There is no database ${database}. Run CREATE DATABASE "${database}".`,
          )
        : error(
            "ATTUNE_DOCTOR_INFLUX_REFUSED",
            "InfluxDB refused to be asked. Look at user name and password.",
          ),
    ];
  const { columns = [], values = [] } = answer.results?.[0]?.series?.[0] ?? {};
  const policy = values.find((row) => row[columns.indexOf("default")] === true);
  const duration = policy?.[columns.indexOf("duration")];
  return [...clock, ...(typeof duration === "string" ? judgeRetention(duration, retentionMs) : [])];
}

async function showPolicies(
  base: string,
  { database, username, password }: InfluxConfig & { database: string },
): Promise<Answer> {
  const headers: Record<string, string> =
    username === undefined || password === undefined
      ? {}
      : { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}` };
  const q = `SHOW RETENTION POLICIES ON "${database.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
  const response = await fetch(`${base}/query?${new URLSearchParams({ q }).toString()}`, {
    headers,
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  return (await response.json()) as Answer;
}
