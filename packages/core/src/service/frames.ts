import type { ServiceContext } from "./context.js";
import type { ServiceFrame } from "./types.js";

/** Frames travel in lists, one message per kind and batch. */
export type FrameType = Exclude<ServiceFrame["type"], "gap">;
export const FRAME_TYPES = [
  "event",
  "visitor",
  "exposure",
  "ruleset",
  "erased",
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
