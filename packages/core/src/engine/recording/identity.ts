import type { IdSource } from "../../kernel/ids.js";
import type { Host } from "../host.js";
import { asUser } from "./kept.js";
import { COOKIE_MS, isVisitorId, readVisitorId, removeVisitorId, type Visitor } from "../visitor-traces.js";

/** Who the visitor is. Nothing is read or made here before consent allows it: the collection calls `open` then. */
export interface Identity {
  /** The same object until something of it changes; null without consent. */
  visitor(): Visitor | null;
  /** Who it is by the cookie, else by what is kept, else somebody new. Takes nothing on. */
  found(kept: Visitor | null): Visitor;
  /** Becomes somebody else, or a new nobody. */
  become(visitor: Visitor | null): void;
  /** The visitor turned out to be this user; what is told is added. */
  identify(user: Omit<Visitor, "id">): void;
  /** Traits and preferences are forgotten; who it is, is not. */
  unlearn(): void;
  /** Forgets the visitor, on the device too. */
  clear(): void;
}

/** @param first Who the visitor is known to be already. */
export function createIdentity(host: Host, newId: IdSource, first: Visitor | null): Identity {
  const { cookies } = host.environment;
  let visitor = first;

  const somebody = (next: Visitor | null): Visitor =>
    next && isVisitorId(next.id) ? next : { id: newId(), traits: {}, preferences: {} };
  const become = (next: Visitor | null): void => {
    visitor = somebody(next);
    const { id } = visitor;
    host.attempt(() => cookies?.write("visitor", id, COOKIE_MS));
  };
  return {
    visitor: () => visitor,
    become,
    found(kept) {
      const id = readVisitorId(host);
      return somebody(id ? { traits: {}, preferences: {}, ...kept, id } : kept);
    },
    identify(user) {
      if (visitor) visitor = asUser(visitor, user);
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
