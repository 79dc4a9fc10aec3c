import type { IdSource } from "../../kernel/ids.js";
import type { Host } from "../host.js";
import { COOKIE_MS, isVisitorId, readVisitorId, removeVisitorId, type Visitor } from "../visitor-traces.js";

/** Who the visitor is. Nothing is read or made here before consent allows it: the collection calls `open` then. */
export interface Identity {
  /** The same object until something of it changes; null without consent. */
  visitor(): Visitor | null;
  /** Takes on the id in the cookie, else the one kept, else a new one. */
  open(kept: Visitor | null): void;
  /** Becomes somebody else, or a new nobody. */
  become(visitor: Visitor | null): void;
  identify(userId: string, traits: Record<string, unknown>, preferences: Record<string, unknown>): void;
  /** Traits and preferences are forgotten; who it is, is not. */
  unlearn(): void;
  /** Forgets the visitor, on the device too. */
  clear(): void;
}

/** @param first Who the visitor is known to be already. */
export function createIdentity(host: Host, newId: IdSource, first: Visitor | null): Identity {
  const { cookies } = host.environment;
  let visitor = first;

  const become = (next: Visitor | null): void => {
    visitor = next && isVisitorId(next.id) ? next : { id: newId(), traits: {}, preferences: {} };
    const { id } = visitor;
    host.attempt(() => cookies?.write("visitor", id, COOKIE_MS));
  };
  return {
    visitor: () => visitor,
    become,
    open(kept) {
      const id = readVisitorId(host);
      become(id ? { traits: {}, preferences: {}, ...kept, id } : kept);
    },
    identify(userId, traits, preferences) {
      if (!visitor) return;
      visitor = {
        id: visitor.id,
        userId,
        traits: { ...visitor.traits, ...traits },
        preferences: { ...visitor.preferences, ...preferences },
      };
    },
    unlearn() {
      if (visitor) visitor = { ...visitor, traits: {}, preferences: {} };
    },
    clear() {
      visitor = null;
      removeVisitorId(host);
    },
  };
}
