import type { ConsentSync } from "../ports/environment.js";
import { openChannel } from "./open-channel.js";

/**
 * Tells the pages of one origin of each other's consent decisions (BroadcastChannel), and asks to read the record again whenever this page
 * comes back into view or out of the back/forward cache, where messages were missed.
 */
export function browserConsentSync(
  channelName: string,
): (listener: (record?: unknown) => void) => ConsentSync {
  return (listener) => {
    const channel = openChannel(channelName, listener);
    const back = (): void => {
      if (document.visibilityState === "visible") listener();
    };
    document.addEventListener("visibilitychange", back);
    addEventListener("pageshow", back);
    return {
      publish: (record) => channel.post(record),
      stop() {
        channel.close();
        document.removeEventListener("visibilitychange", back);
        removeEventListener("pageshow", back);
      },
    };
  };
}
