/** Between the pages of one origin, as far as this page may take part: where there is none, nothing is said or heard. */
export interface PageChannel {
  /** Reaches the others from a page that is leaving too. */
  post(message: unknown): void;
  close(): void;
}

/**
 * Opens a channel that hears nothing while the page is away: a page that a message reaches there is given up by its browser (Chromium) instead of
 * being kept for a return. Who has to know what was said meanwhile asks when the page is back.
 */
export function openChannel(name: string, listener: (data: unknown) => void): PageChannel {
  let channel: BroadcastChannel | null = null;
  /** Null where there are no channels, or they are refused to a page that may not store. */
  const make = (): BroadcastChannel | null => {
    try {
      return new BroadcastChannel(name);
    } catch {
      return null;
    }
  };
  const open = (): void => {
    channel ??= make();
    if (channel) channel.onmessage = ({ data }) => listener(data);
  };
  const shut = (): void => {
    channel?.close();
    channel = null;
  };
  addEventListener("pagehide", shut);
  addEventListener("pageshow", open);
  open();
  return {
    post(message) {
      const voice = channel ?? make();
      voice?.postMessage(message);
      if (voice !== channel) voice?.close();
    },
    close() {
      removeEventListener("pagehide", shut);
      removeEventListener("pageshow", open);
      shut();
    },
  };
}
