import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { memoryStore } from "../../memory/index.js";
import { createFakeClock } from "../../testing/fake-clock.js";
import { createPersonalizationService } from "../create-service.js";
import { sample, T0 } from "../service.test.suite.js";
import { createDeviceClocks } from "./device-clocks.js";

const DAY = 86_400_000;

/** A message of a device: what it did since the one before, how long the message took, and how long until the next. */
interface Message {
  /** Pauses before each event, ms. */
  pauses: number[];
  /** The message's way, as a share of the device's round trip. */
  way: number;
}

interface Device {
  /** How much its clock is ahead, ms. */
  offset: number;
  roundTrip: number;
  messages: Message[];
}

const share = fc.double({ min: 0, max: 1, noNaN: true });
const device: fc.Arbitrary<Device> = fc.record({
  // One that is behind by less than a slow message takes cannot be told from a slow message.
  offset: fc.oneof(fc.integer({ min: 0, max: DAY }), fc.integer({ min: -DAY, max: -4000 }), fc.constant(0)),
  roundTrip: fc.integer({ min: 0, max: 1900 }),
  messages: fc.array(
    fc.record({
      pauses: fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 4 }),
      way: share,
    }),
    { minLength: 1, maxLength: 6 },
  ),
});

interface Sent {
  at: number;
  device: string;
  sentAt: number;
  events: Record<string, unknown>[];
}

/** What the devices send, in the order in which it arrives, and when each event really happened. */
function sent(devices: readonly Device[]) {
  const truth: { id: string; device: number; seq: number; at: number }[] = [];
  const messages: Sent[] = [];
  devices.forEach(({ offset, roundTrip, messages: planned }, d) => {
    let now = T0;
    let seq = 0;
    for (const { pauses, way } of planned) {
      const events = pauses.map((pause) => {
        now += pause;
        const id = `d${d}-${seq}`;
        truth.push({ id, device: d, seq, at: now });
        const own = { visitorId: "v", deviceId: `device-${d}`, seq: seq++ };
        return sample({ ...own, id, name: "Page Scrolled", occurredAt: now + offset });
      });
      messages.push({
        at: now + Math.round(way * roundTrip),
        device: `device-${d}`,
        sentAt: now + offset,
        events,
      });
    }
  });
  return { truth, messages: messages.sort((a, b) => a.at - b.at) };
}

async function stored(messages: readonly Sent[]): Promise<Map<string, number>> {
  const clock = createFakeClock(T0);
  const service = createPersonalizationService({ stores: { hot: memoryStore({ clock }) }, clock });
  for (const { at, sentAt, events } of messages) {
    clock.set(at);
    expect((await service.ingest(events, { sentAt })).rejected).toEqual([]);
  }
  const { visitors } = await service.exportData("v");
  await service.close();
  return new Map(visitors.flatMap(({ events }) => events.map(({ id, occurredAt }) => [id, occurredAt])));
}

describe("T10 clocks of devices, at the door", () => {
  it("wrong by up to a day: right within one round trip and 100 ms, never the wrong way, and every device's order is kept", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(device, { minLength: 1, maxLength: 3 }), async (devices) => {
        const { truth, messages } = sent(devices);
        const times = await stored(messages);
        expect(times.size).toBe(truth.length);
        devices.forEach(({ offset, roundTrip }, d) => {
          const own = truth.filter((one) => one.device === d);
          for (const { id, at } of own) {
            const time = times.get(id) as number;
            expect(Math.abs(time - at)).toBeLessThanOrEqual(roundTrip + 100);
            const correction = time - (at + offset);
            expect(correction * Math.sign(offset)).toBeLessThanOrEqual(0);
          }
          const inTurn = own.map(({ id }) => times.get(id) as number);
          expect(inTurn).toEqual([...inTurn].sort((a, b) => a - b));
        });
      }),
      { numRuns: Number(process.env["ATTUNE_HISTORIES"] ?? 60) },
    );
  });

  it("a slow message of a device whose clock is known is a slow message", async () => {
    const said = (id: string, seq: number, at: number) =>
      sample({ id, visitorId: "v", deviceId: "d", seq, occurredAt: at });
    const times = await stored([
      { at: T0 + 40, device: "d", sentAt: T0, events: [said("a", 1, T0)] },
      { at: T0 + 31_000, device: "d", sentAt: T0 + 1000, events: [said("b", 2, T0 + 900)] },
      { at: T0 + 31_040, device: "d", sentAt: T0 + 31_000, events: [said("c", 3, T0 + 30_900)] },
    ]);
    expect(Object.fromEntries(times)).toEqual({ a: T0, b: T0 + 900, c: T0 + 30_900 });
  });

  it("a clock that is put right, or back, is judged anew", () => {
    const clocks = createDeviceClocks();
    const tell = (seq: number, behind: number, at = T0 + seq * 1000): number =>
      clocks.correct("d", { seq, occurredAt: at - behind, sentAt: at - behind, receivedAt: at }) - at;
    expect(tell(1, 3_600_000)).toBe(0);
    expect(tell(2, 3_600_020)).toBe(-20);
    expect(tell(3, 10)).toBe(-10);
    expect(tell(4, 7_200_000)).toBe(0);
    expect(tell(5, -7_200_000)).toBe(0);
  });

  it("a first message that was slow does not put later events before its own", () => {
    const clocks = createDeviceClocks();
    const first = clocks.correct("d", { seq: 1, occurredAt: T0, sentAt: T0, receivedAt: T0 + 9000 });
    expect(first).toBe(T0 + 9000);
    const next = { seq: 2, occurredAt: T0 + 5000, sentAt: T0 + 9100, receivedAt: T0 + 9140 };
    expect(clocks.correct("d", next)).toBe(first);
    // What the device itself dates back is no matter of its clock.
    expect(clocks.correct("d", { ...next, seq: 3, occurredAt: T0 - DAY })).toBe(T0 - DAY);
    expect(clocks.correct("d", { ...next, seq: 4, occurredAt: T0 + 9100 })).toBe(T0 + 9100);
  });

  it("is not judged where nobody says when a message was sent", () => {
    const clocks = createDeviceClocks();
    expect(clocks.correct("d", { seq: 1, occurredAt: 5, sentAt: null, receivedAt: T0 })).toBe(5);
  });
});
