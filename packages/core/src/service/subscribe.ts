import type { Channel } from "../ports/channel.js";
import { AttuneError } from "../kernel/errors.js";
import { type FrameType, FRAME_TYPES, frameTopic } from "./frames.js";
import { checkSite } from "./partitions.js";
import type { ServiceFilter, ServiceFrame } from "./types.js";

const isFrameType = (type: ServiceFrame["type"]): type is FrameType => type !== "gap";

/**
 * Live frames of one site, in the order in which the channel brings them. A gap frame means: some were lost, read again.
 * @throws ATTUNE_SERVICE_NO_CHANNEL where the service was made without a channel.
 */
export async function subscribeFrames(
  channel: Channel | null,
  filter: ServiceFilter,
  listener: (frame: ServiceFrame) => void,
): Promise<() => Promise<void>> {
  if (channel === null)
    throw new AttuneError(
      "ATTUNE_SERVICE_NO_CHANNEL",
      "Live frames need a channel; hand one to the service.",
    );
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
