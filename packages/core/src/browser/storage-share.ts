import type { StorageShare } from "../ports/environment.js";
import { openChannel } from "./open-channel.js";

/**
 * Pages of one origin tell each other to look at what they keep together; one that comes out of the back/forward cache looks, too.
 *
 * @param giveUp Ends at once what must not go on in a page that leaves.
 * @param close Closes what is open: browsers keep no page for its return whose database is.
 */
export function shareStorage(
  channelName: string,
  listener: (missed: boolean) => void,
  giveUp: () => void,
  close: () => void,
): StorageShare {
  const channel = openChannel(channelName, () => listener(false));
  let mayReturn = false;
  const leave = ({ persisted }: PageTransitionEvent): void => {
    mayReturn = persisted;
    giveUp();
  };
  const back = ({ persisted }: PageTransitionEvent): void => {
    mayReturn = false;
    if (persisted) listener(true);
  };
  addEventListener("pagehide", leave);
  addEventListener("pageshow", back);
  return {
    tell: () => channel.post(null),
    rest() {
      if (mayReturn) close();
    },
    end() {
      channel.close();
      removeEventListener("pagehide", leave);
      removeEventListener("pageshow", back);
    },
  };
}
