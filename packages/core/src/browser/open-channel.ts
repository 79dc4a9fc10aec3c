/** A channel between the pages of one origin; null where there is none, or it is refused to a page that may not store. */
export function openChannel(name: string, listener: (data: unknown) => void): BroadcastChannel | null {
  try {
    const channel = new BroadcastChannel(name);
    channel.onmessage = ({ data }) => listener(data);
    return channel;
  } catch {
    return null;
  }
}
