import type { ServiceContext } from "../context.js";
import { checkSite } from "../layout/partitions.js";
import { listening } from "../../kernel/listening.js";
import type { ServiceFilter, ServiceFrame } from "../types.js";
import { FRAME_TYPES, frameTopic } from "./frames.js";

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
  const wanted = new Set(filter.types ?? FRAME_TYPES).add("gap");
  const gapsOnly = wanted.size === 1;
  const tell = listening(listener, report);
  return liveChannel().subscribe<readonly ServiceFrame[]>(
    (gapsOnly ? FRAME_TYPES : [...wanted]).map((type) => frameTopic(site, type)),
    (frame) => {
      if (frame.type === "gap") tell({ type: "gap" });
      else for (const one of frame.data) if (wanted.has(one.type)) tell(one);
    },
  );
}
