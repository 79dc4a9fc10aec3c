import { share } from "../experiments/figures.js";
import { count, counted } from "../format.js";
import type { Alarm, Drift, ModelEvent, ModelInForce, Outcomes } from "./types.js";

/** Hashes are long; the first ten characters tell versions apart on a screen. */
export const shortHash = (version: string): string => version.slice(0, 10);

export const ROLES = { champion: "everybody's", canary: "on trial" } as const;

/** What is in force, in a sentence. */
export function standing({
  champion,
  canary,
  events,
}: Pick<ModelInForce, "champion" | "canary" | "events">): string {
  if (champion === null) return "Nothing is in force yet.";
  if (canary !== null)
    return `Version ${shortHash(canary.version)} is on trial with ${share(canary.share)} of visitors.`;
  const [last] = events;
  if (last?.type === "rollback") return `Version ${shortHash(last.version)} was taken back.`;
  return `Everybody is on version ${shortHash(champion)}.`;
}

export function eventWords({ type, version, code, reason, actor }: ModelEvent): string {
  const what = {
    promote: `Version ${shortHash(version)} became everybody's`,
    canary: `Version ${shortHash(version)} went on trial`,
    rollback: `Version ${shortHash(version)} was taken back`,
  }[type];
  const why = reason === null ? "." : `: ${reason.replace(/\.$/, "")}.`;
  return `${what} (${code === null ? actor : `by the rules, ${code}`})${why}`;
}

export function driftWords({ features, reason, shifted, rows }: Drift): string {
  if (reason === "no-reference") return "No rows of its training are kept, so drift cannot be told.";
  if (reason === "not-looked") return "Drift is looked at every six hours; of this version it was not yet.";
  if (reason === "too-few-rows" || features === null)
    return `There were ${count(rows)} visits since its training; a look at drift needs 1,000.`;
  if (shifted.length === 0) return "What it is asked with is as in its training.";
  return `Visitors differ from those of its training in ${shifted.join(", ")}.`;
}

/** What stands against the version in force. */
export function alarmWords({ kind, features }: Alarm): string {
  if (kind === "features") return `Visitors have shifted: ${features.join(", ")}`;
  return kind === "calibration" ? "Scores do not come true as often as they say" : "Scores are further off";
}

const NOTHING = {
  "no-report-card": "It has no report card that says what it predicts, so what came true cannot be told.",
  "other-features":
    "It was trained on other features than visitors have by now, so what came true cannot be told.",
  "no-visits": "No visit since its training is over yet.",
} as const;

/** Whether what it says comes true, in sentences. */
export function outcomeWords(outcomes: Outcomes | null): string[] {
  if (outcomes === null) return ["So is what came true."];
  const { rows, calibration, errors, reason } = outcomes;
  if (reason !== null) return [NOTHING[reason]];
  return [calibrationWords(rows, calibration), ...errorWords(errors)];
}

function calibrationWords(rows: number, found: Outcomes["calibration"]): string {
  if (found?.meanScore == null || found.rate === null || found.ece === null)
    return `${counted(rows, "visit")} since its training ${rows === 1 ? "is" : "are"} over; a look at whether scores come true needs 500.`;
  const figures = `of ${counted(rows, "visit")} since its training it said ${share(found.meanScore)} on average, and ${share(found.rate)} came true`;
  return found.verdict === "drifted"
    ? `Its scores do not come true as often as they say: ${figures}, off by ${share(found.ece)}.`
    : `Its scores come true as often as they say: ${figures}.`;
}

function errorWords(errors: Outcomes["errors"]): string[] {
  if (errors === null) return [];
  const { mean, before, grown } = errors;
  if (before === null)
    return [`Its squared error is ${mean.toFixed(3)}, without a change since its training.`];
  return [
    `Its squared error has ${grown ? "grown" : "fallen"} from ${before.toFixed(3)} to ${mean.toFixed(3)}.`,
  ];
}
