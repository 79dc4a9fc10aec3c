import type { ServiceContext } from "./context.js";
import { createDeviceClocks } from "./door/device-clocks.js";
import { createLoad } from "./door/load.js";
import { createMinimisers } from "./door/minimiser.js";
import { createSampling } from "./door/sampling.js";
import { createWaiting } from "./door/waiting.js";
import { createLeftEffects } from "./effects/left-effects.js";
import { caughtUp, startWorker } from "./fold/worker.js";
import { keepListening } from "./live/listen.js";
import type { ServiceOptions } from "./options.js";
import type { SweepResult } from "./results.js";
import { checkedRuleset, loadGiven, onceLoaded } from "./rules/given-ruleset.js";
import { createRulesets } from "./rules/ruleset.js";
import { sweep, sweepRollups } from "./upkeep/sweep.js";

/** What a door, a decision and a fold share, beside the context. */
function createParts(context: ServiceContext, options: ServiceOptions) {
  const given = options.ruleset === undefined ? null : checkedRuleset(context, options.ruleset);
  const rulesets = createRulesets(context);
  const sampling = options.sampling ? createSampling(options.sampling, () => context.clock.now()) : null;
  return {
    sampling: sampling && { sampling, load: createLoad(context, sampling) },
    rulesets,
    policy: options.consent ?? null,
    waiting: createWaiting(context.ids()),
    minimisers: createMinimisers(),
    clocks: createDeviceClocks(),
    /** Resolves when the host's own ruleset is in force, as far as the stored one gives way. */
    ready: onceLoaded(async () => {
      if (given !== null) await loadGiven(context, rulesets, given, options.onStoredRuleset === "replace");
    }),
  };
}

export interface RunningService {
  parts: ReturnType<typeof createParts>;
  sweep(): Promise<SweepResult>;
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** Begins what a service does by itself: folding, and hearing of what others changed. */
export function runService(context: ServiceContext, options: ServiceOptions): RunningService {
  const parts = createParts(context, options);
  // Of the worker alone: while the log is folded anew nobody else may count.
  const left = options.worker === false ? null : createLeftEffects(context);
  let recovering = Promise.resolve();
  const listening = keepListening(context, parts, async () => {
    if (left === null) return null;
    // What one that died has left behind.
    recovering = sweepRollups(context);
    return startWorker(context, { ...parts, left });
  });
  return {
    parts,
    sweep: () => sweep(context, left),
    async settled() {
      await caughtUp(context, listening.isOpen);
      await context.rollups?.flush().catch(context.report);
    },
    async close() {
      try {
        await listening.stop();
      } finally {
        await left?.stop();
        await context.rollups?.stop();
        await recovering;
        // Where the store does not answer any more it ends by itself.
        await context.claim.release().catch(() => undefined);
      }
    },
  };
}
