/** The two functions of a test runner that the suites use; those of Vitest, Jest, Mocha and `node:test` all fit. */
export interface TestRunner {
  describe(name: string, body: () => void): unknown;
  it: {
    /** A test that may take long says so, in ms; runners that do not take it there have their own way. */
    (name: string, body: () => Promise<void>, timeoutMs?: number): unknown;
    skip(name: string, body: () => Promise<void>): unknown;
  };
}

/** A case by name, and why an adapter is excused from it. */
export type Skips = Readonly<Record<string, string>>;

/** A clock that a suite can move; with an engine that has only its own time, `advance` really waits. */
export interface ConformanceClock {
  now(): number;
  advance(ms: number): void | Promise<void>;
}

export interface ConformanceCase<Context, Need extends string> {
  name: string;
  /** A capability without which the case has no meaning. */
  needs?: Need;
  run(context: Context): Promise<void>;
}

export interface Registration<Context, Need extends string> {
  title: string;
  cases: readonly ConformanceCase<Context, Need>[];
  /** Why the adapter lacks a capability, by capability; absent where it has it. */
  lacking: Partial<Record<Need, string>>;
  skips: Skips;
  /** Makes what a case needs, runs it and cleans up. */
  around(run: (context: Context) => Promise<void>): Promise<void>;
}

/**
 * Registers the cases. What is skipped is registered as a skipped test with its reason in the name.
 *
 * @throws Error where a skip names no case, so that no excuse outlives its case.
 */
export function register<Context, Need extends string>(
  runner: TestRunner,
  suite: Registration<Context, Need>,
): void {
  const names = new Set(suite.cases.map(({ name }) => name));
  for (const name of Object.keys(suite.skips)) {
    if (!names.has(name)) throw new Error(`Skipped case "${name}" is not in the suite "${suite.title}".`);
  }
  runner.describe(suite.title, () => {
    for (const { name, needs, run } of suite.cases) {
      const body = (): Promise<void> => suite.around(run);
      const reason = suite.skips[name] ?? (needs && suite.lacking[needs]);
      if (reason === undefined) runner.it(name, body);
      else runner.it.skip(`${name} (skipped: ${reason})`, body);
    }
  });
}
