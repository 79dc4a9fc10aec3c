import { describe, expect, it } from "vitest";
import { closeAll, type Closing } from "./closing.js";

describe("closing what has been opened", () => {
  /** Two ports that wait for each other to have begun, on a client. */
  const opened = () => {
    const order: string[] = [];
    const begun = new Set<string>();
    let wake = (): void => undefined;
    const both = new Promise<void>((resolve) => (wake = resolve));
    const port = (name: string, failure?: Error) => async () => {
      begun.add(name);
      if (begun.size === 2) wake();
      await both;
      order.push(name);
      if (failure) throw failure;
    };
    const client = (name: string) => async () => void order.push(name);
    return { order, port, client };
  };

  it("ports side by side, then the clients that they stand on, and nothing twice", async () => {
    const { order, port, client } = opened();
    const closing: Closing = { ports: [port("log"), port("hot")], clients: [client("redis")] };
    await closeAll(closing);
    await closeAll(closing);
    expect(order).toEqual(["log", "hot", "redis"]);
  });

  it("all of them, whatever one of them says; that is told in the end", async () => {
    const { order, port, client } = opened();
    const failure = new Error("away");
    const ports = [port("log", failure), port("hot")];
    await expect(closeAll({ ports, clients: [client("redis")] })).rejects.toBe(failure);
    expect(order).toEqual(["log", "hot", "redis"]);
  });
});
