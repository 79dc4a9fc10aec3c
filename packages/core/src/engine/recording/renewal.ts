import type { Ruleset } from "../../decisions/types.js";
import type { RandomSource } from "../../kernel/random.js";
import { createCancel } from "../host.js";
import type { RecordingContext } from "./types.js";

/** A new ruleset is told to all pages in one moment: they ask for it within this, ms. */
const SPREAD_MS = 1000;

/**
 * Decides by what is published from now on. Nobody is named on the way, and what comes is checked by compiling it.
 *
 * @returns The end of it; null where nobody tells.
 */
export function followRulesets(
  { host, ruleset, useRuleset }: Pick<RecordingContext, "host" | "ruleset" | "useRuleset">,
  random: RandomSource,
): (() => void) | null {
  const { network } = host.environment;
  if (!network?.followRulesets) return null;
  const cancel = createCancel();
  const { signal } = cancel;
  let timer: unknown = null;

  const renew = async (): Promise<void> => {
    timer = null;
    try {
      const found = await network.fetchRuleset?.(ruleset()?.version ?? null, signal);
      if (found && !signal.aborted) useRuleset(found as Ruleset);
    } catch (error) {
      if (!signal.aborted) host.report(error);
    }
  };
  const stop = network.followRulesets((version) => {
    if (signal.aborted || timer !== null || (version !== null && version === ruleset()?.version)) return;
    timer = host.timers.set(() => void renew(), random() * SPREAD_MS);
  });
  return () => {
    cancel.abort();
    if (timer !== null) host.timers.clear(timer);
    stop();
  };
}
