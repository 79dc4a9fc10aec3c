import type { Issue } from "../../kernel/result.js";

/** The visitor that stands for a user, or else for a session, in events that name no visitor. */
export const standInOf = (userId: string | null, sessionId: string | null): string | null =>
  userId !== null ? `u:${userId}` : sessionId !== null ? `s:${sessionId}` : null;

/** Whether a visitor id is one of a stand-in's, which no client may give: it would reach what is another person's. */
export const isStandIn = (visitorId: string): boolean => /^[us]:/.test(visitorId);

export const STAND_IN: Issue = {
  path: "/visitorId",
  code: "ATTUNE_SERVICE_STAND_IN",
  message: "A visitor id does not begin with `u:` or `s:`; name a user by { userId }.",
};
