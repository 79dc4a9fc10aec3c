import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Event } from "../events/types.js";
import {
  foldSession,
  initialState,
  SESSION_GAP,
  sessionOf,
  startedSession,
  type VisitorState,
} from "./index.js";

const MINUTE = 60_000;
const T0 = Date.UTC(2026, 0, 5, 9);

const at = (minute: number, sessionId: string | null = null, campaign?: string): Event => ({
  id: `${minute}`,
  schemaVersion: 1,
  site: "default",
  visitorId: "v1",
  sessionId,
  deviceId: null,
  userId: null,
  seq: null,
  occurredAt: T0 + minute * MINUTE,
  sentAt: null,
  receivedAt: null,
  tzOffset: null,
  name: "Page Viewed",
  properties: {},
  context: campaign ? { campaign: { source: campaign } } : {},
  consent: { purposes: ["necessary"], policyVersion: null },
});
const run = (...events: Event[]): VisitorState => events.reduce(foldSession, initialState());
const sessions = (...events: Event[]) => run(...events).sessions;

describe("derived sessions", () => {
  it("end after more than 30 minutes of inactivity", () => {
    expect(sessions(at(0), at(30), at(60))).toBe(1);
    expect(sessions(at(0), { ...at(30), occurredAt: T0 + SESSION_GAP + 1 })).toBe(2);
  });

  it("end when another campaign appears", () => {
    expect(sessions(at(0), at(1, null, "mail"))).toBe(2);
    expect(sessions(at(0, null, "mail"), at(1, null, "mail"), at(2))).toBe(1);
    expect(sessions(at(0, null, "mail"), at(1, null, "ads"), at(2, null, "mail"))).toBe(3);
  });

  it("have an id that depends on start and visitor only", () => {
    const { session } = run(at(0), at(5));
    expect(session).toMatchObject({ derived: true, startedAt: T0, lastAt: T0 + 5 * MINUTE });
    expect(session?.id).toBe(run(at(0)).session?.id);
    expect(session?.id).not.toBe(run({ ...at(0), visitorId: "v2" }).session?.id);
    expect(session?.id).toMatch(/^d-[0-9a-z]+-[0-9a-z]+$/);
  });

  it("are not started by late events, and no duration turns negative", () => {
    const late = run(at(100), at(20), at(90, null, "mail"), at(75));
    expect(late.sessions).toBe(1);
    expect(late.session).toMatchObject({
      startedAt: T0 + 75 * MINUTE,
      lastAt: T0 + 100 * MINUTE,
      campaign: null,
    });
    expect(late).toMatchObject({ firstSeenAt: T0 + 20 * MINUTE, lastSeenAt: T0 + 100 * MINUTE });
  });
});

describe("given sessions", () => {
  it("are authoritative, whatever the gap or campaign", () => {
    expect(sessions(at(0, "a"), at(500, "a"), at(501, "a", "mail"))).toBe(1);
    expect(sessions(at(0, "a"), at(1, "b"))).toBe(2);
  });

  it("are counted once when interleaved", () => {
    const ids = ["a", "b", "c", "d", "e", "f", "g", "h"];
    const interleaved = [0, 1, 2].flatMap((round) => ids.map((id, i) => at(round * 10 + i, id)));
    expect(sessions(...interleaved)).toBe(8);
  });

  it("take in what has no id within 30 minutes, and nothing after", () => {
    const joined = run(at(0, "a"), at(20));
    expect(joined.session).toMatchObject({ id: "a", derived: false, lastAt: T0 + 20 * MINUTE });
    expect(sessions(at(0, "a"), at(31))).toBe(2);
    expect(sessions(at(0, "a"), at(31), at(32, "a"))).toBe(2);
  });

  it("that arrive late are counted, but become present only if they began later", () => {
    const state = run(at(100, "b"), at(10, "a"), at(101, "a"));
    expect(state.sessions).toBe(2);
    expect(state.session?.id).toBe("b");
    expect(run(at(100, "b"), at(105, "b"), at(103, "c")).session?.id).toBe("c");
  });

  it("with hostile ids are kept short", () => {
    for (const id of ["x".repeat(10_000), "\u0000\u0001", "a b ünïcode 漢字 and more than sixteen"]) {
      expect((run(at(0, id)).session?.id ?? "").length).toBeLessThanOrEqual(64);
      expect(sessions(at(0, id), at(1, id))).toBe(1);
    }
  });
});

describe("what an event did", () => {
  it("is told by the states and the event", () => {
    const before = run(at(0, "a"));
    expect(startedSession(initialState(), before)).toBe(true);
    expect(startedSession(before, foldSession(before, at(1, "a")))).toBe(false);
    const after = foldSession(before, at(1, "b"));
    expect(startedSession(before, after)).toBe(true);
    expect(sessionOf(after, at(1, "b"))).toBe("b");
    expect(sessionOf(foldSession(after, at(2, "a")), at(2, "a"))).toBe("a");
    expect(sessionOf(after, at(3))).toBe("b");
    expect(sessionOf(after, at(-500))).toBeNull();
  });
});

describe("any history", () => {
  const history = fc.array(
    fc.record({
      minute: fc.integer({ min: 0, max: 3000 }),
      id: fc.option(fc.constantFrom("a", "b", "c", "d", "e"), { nil: null }),
      campaign: fc.option(fc.constantFrom("mail", "ads"), { nil: undefined }),
    }),
    { minLength: 1, maxLength: 80 },
  );

  it("keeps times in order and counts at least every given id, at most every event", () => {
    fc.assert(
      fc.property(history, (events) => {
        let state = initialState();
        for (const { minute, id, campaign } of events) {
          state = foldSession(state, at(minute, id, campaign));
          const { session, firstSeenAt, lastSeenAt } = state;
          if (!session) throw new Error("an event makes a session");
          expect(firstSeenAt).toBeLessThanOrEqual(session.startedAt);
          expect(session.startedAt).toBeLessThanOrEqual(session.lastAt);
          expect(session.lastAt).toBe(lastSeenAt);
        }
        const given = new Set(events.map(({ id }) => id).filter((id) => id !== null));
        expect(state.sessions).toBeGreaterThanOrEqual(given.size);
        expect(state.sessions).toBeLessThanOrEqual(events.length);
      }),
    );
  });

  it("without ids, in order, equals the count of gaps", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 80 }), (minutes) => {
        minutes.sort((a, b) => a - b);
        const gaps = minutes.filter((minute, i) => i > 0 && minute - (minutes[i - 1] as number) > 30).length;
        expect(sessions(...minutes.map((minute) => at(minute)))).toBe(1 + gaps);
      }),
    );
  });
});
