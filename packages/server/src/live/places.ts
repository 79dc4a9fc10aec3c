import type { Principal } from "../auth/authenticate.js";
import { addressGroup } from "../http/rate.js";
import { Refusal } from "../http/refusal.js";

export interface PlaceLimits {
  /** WebSockets and event streams open at once (default 10,000). */
  sockets: number;
  /** Of these, under one key or session (default 8,000): pages share a key, and leave room for back ends and people. */
  socketsPerKey: number;
  /** Of these, from one client address (default 200), where the address is known. Back ends, which show a secret key, are not counted. */
  socketsPerAddress: number;
}

export const PLACE_LIMITS: PlaceLimits = { sockets: 10_000, socketsPerKey: 8000, socketsPerAddress: 200 };

/** Who is here with a connection that stays open. */
export interface Places {
  /**
   * @param address Of the client; null where it is not known.
   * @returns Gives the place back, once, however often it is called.
   * @throws Refusal 429 where all places are taken, or all that the key or the address may have.
   */
  take(principal: Pick<Principal, "kind" | "id">, address: string | null): () => void;
}

/** Each process counts for itself. O(1). */
export function createPlaces({ sockets, socketsPerKey, socketsPerAddress }: PlaceLimits): Places {
  const counts = new Map<string, number>();
  const countOf = (name: string): number => counts.get(name) ?? 0;
  const add = (name: string, by: 1 | -1): void => {
    const count = countOf(name) + by;
    if (count === 0) counts.delete(name);
    else counts.set(name, count);
  };
  return {
    take({ kind, id }, address) {
      const mine: [name: string, most: number][] = [
        ["all", sockets],
        [`key ${kind} ${id}`, socketsPerKey],
      ];
      if (address !== null && kind !== "secret")
        mine.push([`address ${addressGroup(address)}`, socketsPerAddress]);
      if (mine.some(([name, most]) => countOf(name) >= most)) {
        const detail = "Too many streams and sockets are open; close some, or come back later.";
        throw new Refusal(429, "ATTUNE_SERVER_BUSY", detail, { headers: { "retry-after": "5" } });
      }
      for (const [name] of mine) add(name, 1);
      let here = true;
      return () => {
        if (here) for (const [name] of mine) add(name, -1);
        here = false;
      };
    },
  };
}
