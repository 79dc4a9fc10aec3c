import { type ErrorCode, isAttuneError } from "../kernel/errors.js";

interface Assert {
  /** Deep equality of JSON-shaped values. */
  equal(actual: unknown, expected: unknown, what: string): void;
  ok(condition: unknown, what: string): asserts condition;
  /** The call rejects with an `AttuneError`, of this code where one is named. */
  rejects(call: () => Promise<unknown>, what: string, code?: ErrorCode): Promise<void>;
}

/** What the conformance suites assert with, so that they run under any test runner. */
export const assert: Assert = {
  equal(actual, expected, what) {
    if (!deepEqual(actual, expected))
      throw new Error(`${what}: expected ${show(expected)}, got ${show(actual)}`);
  },
  ok(condition, what) {
    if (!condition) throw new Error(`${what}: expected it to hold`);
  },
  async rejects(call, what, code) {
    const outcome = await call().then(
      () => null,
      (error: unknown) => ({ error }),
    );
    if (outcome === null) throw new Error(`${what}: expected a rejection`);
    if (!isAttuneError(outcome.error))
      throw new Error(`${what}: expected an AttuneError, got ${show(outcome.error)}`);
    if (code !== undefined && outcome.error.code !== code)
      throw new Error(`${what}: expected ${code}, got ${outcome.error.code}`);
  },
};

function deepEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => {
    return (
      Object.hasOwn(b, key) &&
      deepEqual((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key])
    );
  });
}

function show(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 400 ? `${text.slice(0, 400)}…` : text;
}

/** Asks again and again until the condition holds; fails after the deadline. */
export async function eventually(
  condition: () => boolean | Promise<boolean>,
  what: string,
  deadlineMs = 5000,
  everyMs = 5,
): Promise<void> {
  const until = Date.now() + deadlineMs;
  while (!(await condition())) {
    if (Date.now() > until) throw new Error(`${what}: not within ${deadlineMs} ms`);
    await pause(everyMs);
  }
}

export function pause(ms: number): Promise<void> {
  const { setTimeout } = globalThis as unknown as { setTimeout(callback: () => void, ms: number): unknown };
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
