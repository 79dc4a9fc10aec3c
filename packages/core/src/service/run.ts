import type { ConsentPolicy } from "../consent/types.js";
import { validateConsentPolicy } from "../consent/validate-policy.js";
import { AttuneError } from "../kernel/errors.js";
import type { ServiceContext } from "./context.js";
import { createDeviceClocks } from "./door/device-clocks.js";
import { createLoad } from "./door/load.js";
import { createMinimisers } from "./door/minimiser.js";
import { createSampling } from "./door/sampling.js";
import { createWaiting } from "./door/waiting.js";
import { createLeftEffects } from "./effects/left-effects.js";
import { caughtUp, startWorker } from "./fold/worker.js";
import { keepListening } from "./live/listen.js";
import { createGrownTeller } from "./live/tell-grown.js";
import type { ServiceOptions } from "./options.js";
import type { SweepResult } from "./results.js";
import { checkedRuleset, isReplacing, loadGiven, onceLoaded } from "./rules/given-ruleset.js";
import { createRulesets, type Rulesets } from "./rules/ruleset.js";
import { within } from "./tools/platform.js";
import { createSegmentation } from "./upkeep/segmentation.js";
import { sweep, sweepRollups } from "./upkeep/sweep.js";

/** How long a store that does not answer any more holds up the end, ms: what is left to do then runs out by itself, or the next process does it. */
const LEAVE_MS = 10_000;

/**
 * One that is not valid would be narrowed in silence at each request, and an expiry that is no number would never come.
 * @throws ATTUNE_SERVICE_CONSENT_POLICY with the first issue's path.
 */
function checkedPolicy({ consent }: ServiceOptions): ConsentPolicy | null {
  if (consent === undefined) return null;
  const checked = validateConsentPolicy(consent);
  if (checked.ok) return consent;
  const { path = "", message = "" } = checked.error[0] ?? {};
  throw new AttuneError("ATTUNE_SERVICE_CONSENT_POLICY", `The consent policy is not valid: ${message}`, {
    path: `/consent${path}`,
  });
}

/** What a door, a decision and a fold share, beside the context. */
function createParts(context: ServiceContext, options: ServiceOptions) {
  const given = options.ruleset === undefined ? null : checkedRuleset(context, options.ruleset);
  const replace = isReplacing(options);
  const resegments = options.worker !== false && options.resegment !== false;
  const rulesets: Rulesets = createRulesets(
    context,
    resegments ? (site) => segmentation?.owe(site) : undefined,
  );
  const segmentation = resegments ? createSegmentation(context, { rulesets }) : null;
  const waiting = createWaiting(context.ids());
  const sampling = options.sampling ? createSampling(options.sampling, () => context.clock.now()) : null;
  return {
    sampling: sampling && { sampling, load: createLoad(context, sampling) },
    rulesets,
    segmentation,
    policy: checkedPolicy(options),
    waiting,
    grown: createGrownTeller(context, waiting.service),
    minimisers: createMinimisers(),
    clocks: createDeviceClocks(),
    /** Resolves when the host's own ruleset is in force, as far as the stored one gives way. */
    ready: onceLoaded(async () => {
      if (given !== null) await loadGiven(context, rulesets, given, replace);
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
    const worker = await startWorker(context, { ...parts, left });
    // What one that died has left behind: once, not with each try to start.
    recovering = sweepRollups(context);
    return worker;
  });
  async function leave(): Promise<void> {
    await left?.stop();
    await parts.segmentation?.stop();
    await context.rollups?.stop();
    await recovering;
    await context.claim.release().catch(() => undefined);
  }
  async function stop(): Promise<void> {
    try {
      await listening.stop();
    } finally {
      await within(leave(), LEAVE_MS, undefined);
    }
  }
  let stopped: Promise<void> | null = null;
  return {
    parts,
    sweep: () => sweep(context, left),
    async settled() {
      await caughtUp(context, listening.isOpen);
      await parts.segmentation?.settle();
      await context.rollups?.flush().catch(context.report);
    },
    close: () => (stopped ??= stop()),
  };
}
