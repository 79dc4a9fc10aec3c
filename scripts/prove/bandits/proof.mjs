import { linearBounds, logisticThompson, meanEarnedShare } from "./contextual.mjs";
import { meanRegret, policies } from "./regret.mjs";

/** What must hold, and what the textbook's policy comes to in the same worlds, by which one sees that they are the same. */
const MOST = { still: 91, switched: 250 };
const PLAIN = { still: 91, switched: 483 };
const LEAST_SHARE = 0.97;

const WORLD = { spread: 1, halfLife: 20_000 };

const told = ({ mean, error }, digits = 1) => `${mean.toFixed(digits)} ± ${error.toFixed(digits)}`;
const percent = ({ mean, error }) => `${(100 * mean).toFixed(2)} ± ${(100 * error).toFixed(2)} %`;

/**
 * Regret on ten arms in a world that stands still and in worlds that change, and what a contextual policy earns in a world that drifts.
 *
 * @param {typeof import("@attune/core/bandits")} bandits
 * @param {{ runs: number, contextualRuns: number, rounds: number, contextualRounds?: number, others: number, every?: number, onProgress?: (text: string) => void }} options
 *   `others`: runs of what is told only for comparison; `every`: rounds between updates
 */
export async function banditFigures(
  bandits,
  {
    runs,
    contextualRuns,
    rounds,
    contextualRounds = rounds,
    others,
    every = 50,
    onProgress = () => undefined,
  },
) {
  const { plain, changeTriggered, discounted, window } = policies(bandits, { every });
  const wander = (halfLife) => ({ every, keep: 2 ** (-every / halfLife) });
  // Of a run of some seconds the timers of who waits should hear.
  const breath = () => new Promise((done) => setImmediate(done));
  const regret = {};
  const lose = async (name, policy, world, count = runs) => {
    const found = await meanRegret(policy, { rounds, runs: count, world, onRun: breath });
    regret[`${name}, ${world}`] = { ...found, runs: count };
    onProgress(`regret of ${name}, ${world}: ${told(found)} (${count} runs)`);
    return found;
  };
  const found = {};
  for (const world of ["still", "switched"]) {
    found[`plain ${world}`] = await lose("plain Thompson", plain, world);
    found[world] = await lose("change-triggered", changeTriggered(), world);
  }
  if (others > 0) {
    for (const [name, policy] of [
      ["plain Thompson", plain],
      ["change-triggered", changeTriggered()],
    ])
      await lose(name, policy, "reversed", others);
    for (const [name, policy] of [
      ["discounted 0.995", discounted(0.995)],
      ["discounted 0.99", discounted(0.99)],
      ["window of 100 updates", window(100)],
    ])
      for (const world of ["still", "switched"]) await lose(name, policy, world, others);
  }

  const share = {};
  const earn = async (name, policy, count = contextualRuns) => {
    const found = await meanEarnedShare(policy, {
      ...{ runs: count, rounds: contextualRounds, onRun: breath },
      ...WORLD,
    });
    share[name] = { ...found, runs: count };
    onProgress(`${name} earned ${percent(found)} of what is possible (${count} runs)`);
    return found;
  };
  const logistic = await earn("logistic Thompson", logisticThompson(bandits, wander(WORLD.halfLife)));
  const linear = await earn("LinUCB", linearBounds(bandits, { every }));
  const forgetting = await earn(
    "LinUCB that forgets 2 % an update",
    linearBounds(bandits, { every, keep: 0.98 }),
  );
  if (others > 0) {
    for (const factor of [0.5, 2])
      await earn(
        `logistic Thompson that takes the drift for ${1 / factor} times as fast`,
        logisticThompson(bandits, wander(factor * WORLD.halfLife)),
        others,
      );
    await earn(
      "logistic Thompson with exploration 1",
      logisticThompson(bandits, { ...wander(WORLD.halfLife), exploration: 1 }),
      others,
    );
  }
  return { regret, share, found, logistic, linear, forgetting };
}

/** All of it in full, judged; `short`: to see that it runs. */
export async function banditProof({ short, tell }) {
  const bandits = await import(new URL("../../../packages/core/dist/bandits/index.js", import.meta.url));
  const options = short
    ? { runs: 3, contextualRuns: 2, rounds: 4000, others: 0 }
    : { runs: 200, contextualRuns: 20, rounds: 20_000, others: 20 };
  const { regret, share, found, ...earned } = await banditFigures(bandits, { ...options, onProgress: tell });
  const problems = short ? [] : problemsOf(found, earned);
  return {
    ...(problems.length > 0 && { problem: problems.join("\n") }),
    summary:
      `regret ${told(found.still)} (at most ${MOST.still}), with the best switched ${told(found.switched)} (at most ${MOST.switched}; plain Thompson ${told(found["plain switched"])}); ` +
      `by context in a drifting world ${percent(earned.logistic)} of what is possible (LinUCB ${percent(earned.linear)}, one that forgets ${percent(earned.forgetting)})`,
    figures: { regret, share },
  };
}

function problemsOf(found, { logistic, linear, forgetting }) {
  const problems = [];
  for (const world of ["still", "switched"]) {
    if (found[world].mean > MOST[world])
      problems.push(`regret ${told(found[world])} where the world is ${world}`);
    const plain = found[`plain ${world}`];
    if (Math.abs(plain.mean - PLAIN[world]) > 4 * plain.error)
      problems.push(`plain Thompson loses ${told(plain)} where the world is ${world}, not ${PLAIN[world]}`);
  }
  if (logistic.mean < LEAST_SHARE) problems.push(`the contextual policy earns ${percent(logistic)}`);
  for (const rival of [linear, forgetting])
    if (logistic.mean <= rival.mean) problems.push(`LinUCB earns ${percent(rival)}`);
  return problems;
}
