import { AttuneError } from "../kernel/errors.js";
import type { ServiceContext } from "./context.js";
import { type FrameType, FRAME_TYPES, frameTopic } from "./frames.js";
import { checkSite } from "./partitions.js";
import type { ServiceFilter, ServiceFrame } from "./types.js";

const isFrameType = (type: ServiceFrame["type"]): type is FrameType => type !== "gap";

/**
 * Live frames of one site, in the order in which the channel brings them. A gap frame means: some were lost, read again; it is told whatever
 * types are asked for, and who asks for gaps alone is told of those of every type. What the listener throws is reported, and costs it no
 * other frame.
 * @throws ATTUNE_SERVICE_NO_CHANNEL where the service was made without a channel.
 */
export async function subscribeFrames(
  { channel, report }: Pick<ServiceContext, "channel" | "report">,
  filter: ServiceFilter,
  listener: (frame: ServiceFrame) => void,
): Promise<() => Promise<void>> {
  if (channel === null)
    throw new AttuneError(
      "ATTUNE_SERVICE_NO_CHANNEL",
      "Live frames need a channel; hand one to the service.",
    );
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
  return channel.subscribe<readonly ServiceFrame[]>(
    (gapsOnly ? FRAME_TYPES : wanted).map((type) => frameTopic(site, type)),
    (frame) => {
      if (frame.type === "gap") tell({ type: "gap" });
      else if (!gapsOnly) for (const one of frame.data) tell(one);
    },
  );
}
