import type { Channel } from "../ports/channel.js";
import { type FrameType, FRAME_TYPES, frameTopic } from "./frames.js";
import { checkSite } from "./partitions.js";
import type { ServiceFilter, ServiceFrame } from "./types.js";

const isFrameType = (type: ServiceFrame["type"]): type is FrameType => type !== "gap";

/** Live frames of one site, in the order in which the channel brings them. A gap frame means: some were lost, read again. */
export async function subscribeFrames(
  channel: Channel,
  filter: ServiceFilter,
  listener: (frame: ServiceFrame) => void,
): Promise<() => Promise<void>> {
  const site = checkSite(filter.site);
  const types = filter.types?.filter(isFrameType) ?? FRAME_TYPES;
  return channel.subscribe<readonly ServiceFrame[]>(
    types.map((type) => frameTopic(site, type)),
    (frame) => {
      if (frame.type === "gap") listener({ type: "gap" });
      else for (const one of frame.data) listener(one);
    },
  );
}
