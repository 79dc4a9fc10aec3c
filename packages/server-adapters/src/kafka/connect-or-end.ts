interface Client {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
}

/** Connects a client. One that fails is ended: kafkajs leaves the socket open of a broker that took the connection and says nothing. */
export async function connectOrEnd<T extends Client>(client: T): Promise<T> {
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.disconnect().catch(() => undefined);
    throw error;
  }
}
