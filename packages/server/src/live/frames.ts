import type { ServiceFrame } from "@attune/core/service";
import type { Event } from "@attune/core";
import type { AlarmKind } from "../models/alarms.js";
import type { ModelNews } from "../models/model-news.js";
import type { Insights } from "./insights.js";

/** What a live stream carries. Visitors appear under their pseudonym. */
export type LiveFrame =
  | {
      type: "behavioral_event";
      /** Made by the simulation, not by a person. */
      simulated: boolean;
      event: {
        eventId: string;
        eventType: string;
        visitor: string;
        sessionId: string | null;
        timestamp: string;
        path: string | null;
        product: string | null;
        category: string | null;
        /** Deepest point reached, [0, 1]; null where this event does not tell. */
        scrollDepth: number | null;
        /** Active ms since the last such event; null where this event does not tell. */
        timeOnPage: number | null;
        /** Over what this stream has seen of the visitor; null where consent does not cover it. */
        engagementScore: number | null;
        intentProbability: number | null;
        /** The segments that this stream last heard the visitor to be in; null where it has heard nothing. */
        segments: readonly string[] | null;
      };
      insights: Pick<Insights, "behaviorPattern" | "nextActionPrediction" | "recommendedAction">;
    }
  | {
      type: "segment_change";
      visitor: string;
      segments: readonly string[];
      changes: readonly { segment: string; change: "entered" | "left" }[];
    }
  | { type: "exposure"; experiment: string; slot: string; variant: string }
  | { type: "ruleset"; version: string }
  /** A version of a model was promoted, tried or taken back; `code` and `reason` where that was done by the rules. */
  | {
      type: "model";
      model: string;
      change: "promote" | "canary" | "rollback";
      version: string;
      at: string;
      code: string | null;
      reason: string | null;
    }
  /** A version in force is not what it was trained to be: its visitors have shifted, or what it says comes true less. */
  | {
      type: "model_alarm";
      model: string;
      kind: AlarmKind;
      version: string;
      at: string;
      features: readonly string[];
    }
  | { type: "gap" };

export type ScoresOf = (
  event: Event,
) => { engagement: number; intent: number; pattern: string | null } | null;

/** What is known of a visitor beside the event. */
export interface VisitorFacts {
  readonly scoresOf: ScoresOf;
  segmentsOf(site: string, visitor: string): readonly string[] | null;
}

/** Whom a frame is about; null where it names nobody. */
export function visitorOf(frame: ServiceFrame): string | null {
  if (frame.type === "event") return frame.event.visitorId;
  return frame.type === "visitor" ? frame.visitor : null;
}

const textOf = (value: unknown): string | null => (typeof value === "string" ? value.slice(0, 200) : null);
const numberOf = (value: unknown): number | null => (typeof value === "number" ? value : null);

export const isSimulated = (event: Event): boolean => event.context.simulated === true;

/**
 * A small frame of bounded size, whatever the event held. That somebody was erased is told as a gap: what was shown may hold for nobody
 * any more, and whose it was is nobody's business.
 */
export function liveFrame(frame: ServiceFrame, facts: VisitorFacts): LiveFrame {
  if (frame.type === "gap" || frame.type === "erased") return { type: "gap" };
  if (frame.type === "ruleset") return { type: "ruleset", version: frame.version };
  if (frame.type === "exposure") {
    const { experiment, slot, variant } = frame;
    return { type: "exposure", experiment, slot, variant };
  }
  if (frame.type === "visitor") {
    const { visitor, segments, changes } = frame;
    return { type: "segment_change", visitor, segments: Object.keys(segments), changes };
  }
  const { event } = frame;
  const { properties } = event;
  const scores = facts.scoresOf(event);
  return {
    type: "behavioral_event",
    simulated: isSimulated(event),
    event: {
      eventId: event.id,
      eventType: event.name,
      visitor: event.visitorId,
      sessionId: event.sessionId,
      timestamp: new Date(event.occurredAt).toISOString(),
      path: textOf(event.context.page?.path ?? event.context.page?.url),
      product: textOf(properties.product_id),
      category: textOf(properties.category),
      scrollDepth: event.name === "Page Scrolled" ? numberOf(properties.depth) : null,
      timeOnPage: event.name === "Page Engaged" ? numberOf(properties.activeMs) : null,
      engagementScore: scores?.engagement ?? null,
      intentProbability: scores?.intent ?? null,
      segments: facts.segmentsOf(event.site, event.visitorId),
    },
    insights: {
      behaviorPattern: scores?.pattern ?? null,
      nextActionPrediction: null,
      recommendedAction: null,
    },
  };
}

/** What people said when they did it is for who reads the model. */
export function modelFrame(news: ModelNews): LiveFrame {
  if (news.type === "model-alarm") {
    const { kind, version, at, features } = news.alarm;
    return { type: "model_alarm", model: news.name, kind, version, at: new Date(at).toISOString(), features };
  }
  const { type: change, version, at, code, reason } = news.event;
  const why = { code, reason: code === null ? null : reason };
  return { type: "model", model: news.name, change, version, at: new Date(at).toISOString(), ...why };
}
