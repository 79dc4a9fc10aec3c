import type { Ruleset } from "../decisions/types.js";
import type { FirstLoad } from "./first-load.js";
import { createCancel } from "./host.js";
import type { Snapshot } from "./types.js";

/** From made to started to closed; each once. */
export function createLifecycle(parts: FirstLoad) {
  const { host, edge, gate, decider, hasRuleset, useRuleset, changed } = parts;
  const fetching = createCancel();
  let status: Snapshot["status"] = "starting";
  let begun = false;
  let beReady = (): void => undefined;
  const ready = new Promise<void>((resolve) => {
    beReady = resolve;
  });

  /** Only where none was handed in: what was is as new as the page. */
  const fetchRuleset = async (): Promise<void> => {
    try {
      const found = !hasRuleset() && (await host.environment.network?.fetchRuleset?.(null, fetching.signal));
      // A document for whoever asks: no identifier went out with the request, and what came is checked by compiling it.
      if (found && !hasRuleset()) useRuleset(found as Ruleset);
    } catch (error) {
      if (status !== "closed") host.report(error);
    }
    await parts.rulesetUsed();
  };

  return {
    status: () => status,
    ready: () => ready,
    isStarted: () => begun,
    start(): void {
      if (begun || status === "closed") return;
      begun = true;
      host.attempt(() => host.environment.prepare?.());
      const opened = edge.start();
      parts.start();
      void Promise.all([opened, gate.load(), fetchRuleset()])
        .catch(host.report)
        .then(() => {
          if (status !== "starting") return;
          status = "ready";
          decider.keep(gate.recording()?.lasts() ?? (() => false));
          changed();
          beReady();
        });
    },
    async close(): Promise<void> {
      if (status === "closed") return;
      status = "closed";
      // What waited for a start gets its answer.
      parts.start();
      fetching.abort();
      edge.stop();
      changed();
      await gate.close();
      beReady();
    },
  };
}
