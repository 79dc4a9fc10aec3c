import type { ServiceContext } from "../context.js";
import type { ServiceFrame } from "../types.js";

/**
 * Frames travel in lists, one message per kind and batch. A gap is published where frames were lost before they came to the channel; of what it
 * loses itself the channel tells by itself.
 */
export type FrameType = ServiceFrame["type"];
export const FRAME_TYPES = [
  "event",
  "visitor",
  "exposure",
  "ruleset",
  "erased",
  "gap",
] as const satisfies readonly FrameType[];

export const frameTopic = (site: string, type: FrameType): string => `${site}/${type}`;

/** Announces; loss is allowed, so a failure is reported and changes nothing. */
export async function publish(
  { channel, report }: ServiceContext,
  site: string,
  frames: readonly ServiceFrame[],
): Promise<void> {
  if (channel === null) return;
  for (const type of FRAME_TYPES) {
    const some = frames.filter((frame) => frame.type === type);
    if (some.length === 0) continue;
    try {
      await channel.publish(frameTopic(site, type), some);
    } catch (error) {
      report(error);
    }
  }
}

/** Tells whoever hears anything of these sites that frames may have been lost. */
export async function publishGaps(context: ServiceContext, sites: Iterable<string>): Promise<void> {
  for (const site of new Set(sites)) await publish(context, site, [{ type: "gap" }]);
}
