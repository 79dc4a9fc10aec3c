import type { ServiceContext } from "./context.js";
import { type FrameType, FRAME_TYPES, frameTopic } from "./frames.js";
import { checkSite } from "./partitions.js";
import type { ServiceFilter, ServiceFrame } from "./types.js";

const isFrameType = (type: ServiceFrame["type"]): type is FrameType => type !== "gap";

/**
 * Live frames of one site, in the order in which the channel brings them. A gap frame means: some were lost, read again; it is told whatever
 * types are asked for, and who asks for gaps alone is told of those of every type. What the listener throws is reported, and costs it no
 * other frame.
 */
export async function subscribeFrames(
  { liveChannel, report }: Pick<ServiceContext, "liveChannel" | "report">,
  filter: ServiceFilter,
  listener: (frame: ServiceFrame) => void,
): Promise<() => Promise<void>> {
  const site = checkSite(filter.site);
  const wanted = filter.types?.filter(isFrameType) ?? FRAME_TYPES;
  const gapsOnly = wanted.length === 0 && filter.types?.includes("gap") === true;
  const tell = (frame: ServiceFrame): void => {
    try {
      const result: unknown = listener(frame);
      if (result instanceof Promise) result.catch(report);
    } catch (error) {
      report(error);
    }
  };
  return liveChannel().subscribe<readonly ServiceFrame[]>(
    (gapsOnly ? FRAME_TYPES : wanted).map((type) => frameTopic(site, type)),
    (frame) => {
      if (frame.type === "gap") tell({ type: "gap" });
      else if (!gapsOnly) for (const one of frame.data) tell(one);
    },
  );
}
