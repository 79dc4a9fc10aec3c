import { allowed, type Purpose } from "@attune/core/consent";
import type { ReactNode } from "react";
import { useFlag, usePersonalization } from "../context.js";
import { useConsent } from "../use-consent.js";

export interface ConsentGateProps {
  /** All of them are needed. */
  purposes: Purpose | readonly Purpose[];
  children?: ReactNode;
  /** Shown as long as they are not granted (default: nothing); also in what a server renders, and until this device's own decision is known. */
  fallback?: ReactNode;
}

/**
 * Mounts its children only under consent, and takes them away on a withdrawal: for embedded videos, maps, chats and whatever else loads
 * something of others. What their scripts have done to the page by then stays done.
 */
export function ConsentGate({ purposes, children, fallback = null }: ConsentGateProps) {
  const { started } = usePersonalization();
  const { grants } = useConsent();
  const known = useFlag(started);
  return known && allowed(grants, purposes) ? children : fallback;
}
