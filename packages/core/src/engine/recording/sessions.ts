import type { IdSource } from "../../kernel/ids.js";

/** The id of the session to come, which the pages of a device agree on before it begins. */
export function createSessions(newId: IdSource) {
  let next = newId();
  return {
    coming: () => next,
    /** It has begun. Returns the id of the one after. */
    begin: () => (next = newId()),
    load(kept: string | undefined): void {
      next = kept ?? next;
    },
  };
}
