import { type Attune, type AttuneOptions, createAttune, type Environment, type Ruleset } from "@attune/core";

/** One slot by segment, one by split, one that nobody is targeted in. */
export const ruleset: Ruleset = {
  schemaVersion: 1,
  revision: 1,
  segments: [
    { name: "shoppers", enter: { "context.shopper": true } },
    { name: "readers", enter: { pagesThisSession: { $gte: 2 } } },
  ],
  slots: {
    hero: {
      variants: { plain: { title: "Welcome" }, returning: { title: "Good to see you again" } },
      fallback: "plain",
      policy: { type: "rules", rules: [{ segment: "readers", variant: "returning" }] },
    },
    cta: {
      variants: { a: "Buy", b: "Buy now" },
      fallback: "a",
      policy: { type: "split", experiment: "cta-words", weights: { a: 0, b: 1 } },
    },
    top: {
      variants: { plain: "Hello", summer: "Summer sale" },
      fallback: "plain",
      policy: { type: "rules", rules: [{ variant: "summer" }] },
    },
    hidden: {
      variants: { off: null, on: "on" },
      fallback: "off",
      targeting: { "context.neverSet": true, pagesThisSession: { $gte: 50 } },
      policy: { type: "rules", rules: [{ variant: "on" }] },
    },
  },
};

/** An environment whose cookies live in a map, with a clock that moves only when told to. */
export function testEnvironment(
  cookies = new Map<string, string>(),
): Environment & { advance(ms: number): void } {
  let now = Date.UTC(2026, 0, 5);
  let seed = 1;
  return {
    clock: { now: () => now },
    random: () => (seed = (seed * 16807) % 2147483647) / 2147483647,
    tzOffset: () => 0,
    cookies: {
      read: (name) => cookies.get(name) ?? null,
      write: (name, value) => void cookies.set(name, value),
      remove: (name) => void cookies.delete(name),
    },
    advance: (ms) => {
      now += ms;
    },
  };
}

export const policy = { version: "1" } as const;

export function testOptions(options: AttuneOptions = {}): AttuneOptions {
  return { environment: testEnvironment(), consent: { policy }, decisions: { ruleset }, ...options };
}

/** A real engine, ready and with everything granted unless said otherwise. */
export async function testAttune(options: AttuneOptions & { granted?: boolean } = {}): Promise<Attune> {
  const { granted = true, ...rest } = options;
  const attune = createAttune(testOptions(rest));
  attune.start();
  await attune.ready();
  if (granted) await attune.consent.grant("all", "api");
  return attune;
}
