import type { StorageShare } from "../ports/environment.js";
import { openChannel } from "./open-channel.js";

/**
 * Pages of one origin tell each other to look at what they keep together; one that comes out of the back/forward cache looks, too.
 *
 * @param letGo Ends at once what must not go on in a page that leaves.
 */
export function shareStorage(
  channelName: string,
  listener: (missed: boolean) => void,
  letGo: () => void,
): StorageShare {
  const channel = openChannel(channelName, () => listener(false));
  const back = ({ persisted }: PageTransitionEvent): void => {
    if (persisted) listener(true);
  };
  addEventListener("pagehide", letGo);
  addEventListener("pageshow", back);
  return {
    tell: () => channel.post(null),
    end() {
      channel.close();
      removeEventListener("pagehide", letGo);
      removeEventListener("pageshow", back);
    },
  };
}
