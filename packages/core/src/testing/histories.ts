import type { TestRunner } from "./conformance.js";
import type { Arbitrary, FastCheck, Property } from "./fast-check.js";

/** One call of a history: does it to the model and to the real thing and compares. Its text is what a counterexample shows. */
export interface Step<Context> {
  run(context: Context): Promise<void>;
  toString(): string;
}

export interface HistoryOptions {
  /** How many histories are generated. */
  runs: number;
  /** At most so many steps in each (default 40). */
  maxSteps?: number;
  /** Repeats the histories of an earlier run, whose failure named it. */
  seed?: number;
}

export interface HistorySuite<Context> {
  title: string;
  options: HistoryOptions;
  steps: Arbitrary<Step<Context>>;
  /** Makes what a history needs, runs it and cleans up. */
  around(run: (context: Context) => Promise<void>): Promise<void>;
  /** Compares everything, after the last step. */
  finish(context: Context): Promise<void>;
}

/** Registers one test that runs generated histories; of one that fails, the smallest that still fails is shown. */
export function registerHistories<Context>(
  runner: TestRunner,
  fc: FastCheck,
  suite: HistorySuite<Context>,
): void {
  const { runs, maxSteps = 40, seed } = suite.options;
  const histories = fc.array(suite.steps, { minLength: 1, maxLength: maxSteps, size: "max" });
  const property = fc.asyncProperty(histories, (steps) =>
    suite.around(async (context) => {
      for (const [index, step] of steps.entries())
        await attempt(`step ${index + 1}, ${step}`, () => step.run(context));
      await attempt("at the end", () => suite.finish(context));
    }),
  );
  runner.describe(suite.title, () => {
    checkHistories(runner, fc, {
      title: `T13 ${runs} generated histories agree with the model after each step`,
      property,
      runs,
      seed,
    });
  });
}

interface Check {
  title: string;
  property: Property;
  runs: number;
  /** Of one, on the average (default 1000). */
  historyMs?: number | undefined;
  seed: number | undefined;
}

/** The test itself. Its time grows with the number of histories; a failure is told while there is time, however far it was shrunk. */
export function checkHistories(
  runner: TestRunner,
  fc: FastCheck,
  { title, property, runs, historyMs = 1000, seed }: Check,
): void {
  const limitMs = 60_000 + runs * historyMs;
  const parameters = {
    numRuns: runs,
    interruptAfterTimeLimit: limitMs,
    markInterruptAsFailure: true as const,
    ...(seed !== undefined && { seed }),
  };
  runner.it(title, () => fc.assert(property, parameters), limitMs + 30_000);
}

async function attempt(where: string, task: () => Promise<void>): Promise<void> {
  try {
    await task();
  } catch (cause) {
    throw new Error(`${where}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** The call of a step as text, without what was not given. */
export function call(name: string, ...args: readonly unknown[]): string {
  const given = args.filter(
    (arg) => arg !== undefined && !(typeof arg === "object" && arg !== null && isEmpty(arg)),
  );
  return `${name}(${given.map((arg) => JSON.stringify(arg)).join(", ")})`;
}

const isEmpty = (value: object): boolean => !Array.isArray(value) && Object.keys(value).length === 0;

/** The same object without the keys that are undefined, which the ports' types do not allow. */
export function given<T extends object>(options: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}
