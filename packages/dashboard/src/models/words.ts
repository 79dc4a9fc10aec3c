import { share } from "../experiments/figures.js";
import type { Drift, ModelEvent, ModelInForce } from "./types.js";

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
  if (reason === "too-few-rows" || features === null)
    return `This server was asked about ${rows} rows so far; a look needs 1,000.`;
  if (shifted.length === 0) return "What it is asked with is as in its training.";
  return `Visitors differ from those of its training in ${shifted.join(", ")}.`;
}
