import type { Decision } from "../decisions/types.js";
import type { Host } from "./host.js";

/** What a host says has happened. */
export interface Deed {
  name: unknown;
  properties?: unknown;
  context?: unknown;
  /** The visitor turned out to be this user; traits and preferences are in the properties. */
  userId?: string;
  /** The visitor saw this. */
  decision?: Decision;
  /** From now on it is another visitor; that itself is no event. */
  reset?: true;
}

/** A deed as it was at its moment: what comes later, and what the host changes meanwhile, does not touch it. */
export interface Draft extends Omit<Deed, "properties" | "context"> {
  at: number;
  tzOffset: number | null;
  /** JSON of `[properties, page reading, context]`: a copy, and a size that can be judged. */
  text: string;
}

/** Null for what JSON cannot carry. */
export function takeDown(host: Host, { properties, context, ...rest }: Deed): Draft | null {
  const { page, tzOffset } = host.environment;
  try {
    const text = JSON.stringify([properties ?? {}, host.attempt(() => page?.read()), context ?? {}]);
    return { ...rest, at: host.clock.now(), tzOffset: host.attempt(() => tzOffset?.()) ?? null, text };
  } catch {
    return null;
  }
}
