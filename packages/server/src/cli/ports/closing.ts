/** What has been opened. Nothing needs another of its own kind to close: only ports need clients. */
export interface Closing {
  ports: (() => Promise<unknown>)[];
  /** Of vendors; ports make their last requests through them. */
  clients: (() => Promise<unknown>)[];
}

/**
 * Closes all ports side by side, so that those on a system that does not answer wait for it together; then the clients likewise. A second
 * call finds nothing to close.
 *
 * @throws The first failure, when everything else is closed.
 */
export async function closeAll({ ports, clients }: Closing): Promise<void> {
  const ended = [...(await settle(ports.splice(0))), ...(await settle(clients.splice(0)))];
  for (const one of ended) if (one.status === "rejected") throw one.reason;
}

const settle = (ends: readonly (() => Promise<unknown>)[]) => Promise.allSettled(ends.map((end) => end()));
