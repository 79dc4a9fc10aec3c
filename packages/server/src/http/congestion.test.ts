import { describe, expect, it } from "vitest";
import { createCongestion, type Moment, watchMoments } from "./congestion.js";

const late = { lateMs: 80, busy: 1, cores: 1.2 };
const calm = { lateMs: 2, busy: 0.3, cores: 0.4 };
const busy = { lateMs: 8, busy: 1, cores: 1.1 };
const observed = (most: number, times: number, moment: Moment, requests: number) => {
  const congestion = createCongestion(most);
  for (let i = 0; i < times; i++) congestion.observe(moment, Math.min(requests, congestion.room));
  return congestion;
};

describe("room while the process is late (T12)", () => {
  it("grows as far as it is used, and shrinks back when it is not", () => {
    const congestion = observed(1000, 100, calm, 1000);
    expect(congestion.room).toBe(1000);
    for (let i = 0; i < 50; i++) congestion.observe(calm, 3);
    expect([congestion.room, congestion.minds(3)]).toEqual([100, false]);
    expect(observed(1000, 50, calm, 40).room).toBe(100);
  });

  it("does not grow where who is inside keeps the process busy, and shrinks back", () => {
    expect(observed(1000, 100, busy, 100).room).toBe(100);
    const congestion = observed(1000, 100, calm, 1000);
    for (let i = 0; i < 50; i++) congestion.observe(busy, congestion.room);
    expect(congestion.room).toBe(100);
  });

  it("does not mind what is late because others keep the machine busy", () => {
    expect(observed(1000, 100, { lateMs: 80, busy: 1, cores: 0.5 }, 60).room).toBe(100);
  });

  it("need not be measured while few are inside, who are never what makes it late", () => {
    const congestion = createCongestion(1000);
    expect([congestion.minds(16), congestion.minds(17)]).toEqual([false, true]);
  });

  it("does not mind that something is late now and then", () => {
    const congestion = createCongestion(1000);
    for (let i = 0; i < 50; i++) congestion.observe(i % 2 === 0 ? late : calm, 60);
    expect(congestion.room).toBeGreaterThanOrEqual(100);
  });

  it("shrinks from what is under way within some measurements, never to nothing, and grows again", () => {
    const congestion = observed(1000, 8, late, 100);
    expect(congestion.room).toBeLessThan(32);
    for (let i = 0; i < 100; i++) congestion.observe(late, 100);
    expect([congestion.room, congestion.minds(0)]).toEqual([16, true]);
    for (let i = 0; i < 100; i++) congestion.observe(calm, 0);
    expect([congestion.room, congestion.minds(3)]).toEqual([100, false]);
  });

  it("never is more than what was set, even where that is less than the least", () => {
    expect(observed(0, 20, late, 0).room).toBe(0);
    expect(observed(3, 20, late, 3).room).toBe(3);
  });
});

describe("moments", () => {
  const work = (ms: number) => {
    const until = performance.now() + ms;
    while (performance.now() < until);
  };

  it("are measured while something is under way, and not after", async () => {
    const moments: Moment[] = [];
    let underWay = true;
    const begin = watchMoments((moment) => {
      moments.push(moment);
      return underWay;
    });
    begin();
    begin();
    work(60);
    await expect.poll(() => moments.length).toBeGreaterThan(0);
    expect(moments[0]?.lateMs).toBeGreaterThanOrEqual(45);
    expect(moments[0]?.busy).toBeGreaterThan(0.5);
    expect(moments[0]?.cores).toBeGreaterThan(0.1);
    underWay = false;
    const count = () => moments.length;
    const before = count();
    await expect.poll(count).toBeGreaterThan(before);
    const ended = count();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(count()).toBe(ended);
    begin();
    await expect.poll(count).toBe(ended + 1);
  });
});
