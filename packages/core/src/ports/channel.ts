export type ChannelFrame<M = unknown> =
  | { type: "message"; topic: string; data: M }
  /** Messages of this topic were lost for this subscriber; it must read the state again. */
  | { type: "gap"; topic: string };

/**
 * Publish/subscribe for live fan-out. Loss is allowed and declared by a gap frame; a slow or throwing listener
 * harms nobody else. Not here: history, acknowledgement.
 */
export interface Channel {
  /** It reaches subscribers of this process alone, so that nothing need be told over it to other processes. */
  readonly local?: true;
  publish(topic: string, data: unknown): Promise<void>;
  /** Resolves once messages published from now on will be seen. Topics match exactly. */
  subscribe<M>(
    topics: readonly string[],
    listener: (frame: ChannelFrame<M>) => void,
  ): Promise<() => Promise<void>>;
  close(): Promise<void>;
}
