import type { StorageShare } from "../ports/environment.js";
import { openChannel } from "./open-channel.js";

/**
 * Pages of one origin tell each other to look at what they keep together. A page that leaves gives up what it has not ended and hears nothing, since
 * browsers keep no page for its return that a message reaches; when it is back, it looks.
 *
 * @param letGo Ends at once what must not go on in a page that leaves.
 */
export function shareStorage(
  channelName: string,
  listener: (missed: boolean) => void,
  letGo: () => void,
): StorageShare {
  const open = (): BroadcastChannel | null => openChannel(channelName, () => listener(false));
  let channel = open();
  const deafen = (): void => {
    channel?.close();
    channel = null;
  };
  const leave = (): void => {
    deafen();
    letGo();
  };
  const back = ({ persisted }: PageTransitionEvent): void => {
    if (!persisted) return;
    channel = open();
    listener(true);
  };
  addEventListener("pagehide", leave);
  addEventListener("pageshow", back);
  return {
    tell() {
      // What happens as the page leaves is told of too.
      const voice = channel ?? openChannel(channelName, () => undefined);
      voice?.postMessage(null);
      if (voice !== channel) voice?.close();
    },
    end() {
      deafen();
      removeEventListener("pagehide", leave);
      removeEventListener("pageshow", back);
    },
  };
}
