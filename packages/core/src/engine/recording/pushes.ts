import type { Ruleset } from "../../decisions/types.js";
import type { RandomSource } from "../../kernel/random.js";
import type { Pushed } from "../../ports/environment.js";
import type { Identity } from "./identity.js";
import { createRenewal } from "./renewal.js";
import { withChanges, withFinding } from "./told.js";
import type { RecordingContext } from "./types.js";
import type { VisitorModel } from "./visitor-model.js";

interface PushesOptions
  extends Pick<RecordingContext, "host" | "consent" | "ruleset" | "useRuleset" | "changed"> {
  identity: Pick<Identity, "visitor">;
  model: Pick<VisitorModel, "told" | "tell">;
}

/** What the server tells an open page: new rulesets, and what it finds of the visitor. */
export interface Pushes {
  /** What it returns ends it: nothing is open any more. */
  begin(): () => void;
  /** Consent or the visitor may be another: from now on it is for whom they say, where it has begun. */
  follow(): void;
}

/** Nobody is named on the way where consent does not cover personalization. What comes is checked by compiling it. */
export function createPushes(parts: PushesOptions, random: RandomSource): Pushes {
  const { host, consent, identity } = parts;
  const { network } = host.environment;
  let whose: string | null | undefined;
  let end = (): void => undefined;
  let begun = false;

  const close = (): void => {
    whose = undefined;
    host.attempt(end);
    end = () => undefined;
  };
  const follow = (): void => {
    if (!begun || !network?.follow) return;
    const visitor = consent().grants.personalization ? (identity.visitor()?.id ?? null) : null;
    if (visitor === whose) return;
    close();
    whose = visitor;
    const hearing = hear(parts, random, visitor);
    const hangUp = host.attempt(() => network.follow?.(visitor, hearing.take));
    end = () => {
      hearing.stop();
      hangUp?.();
    };
  };
  return {
    follow,
    begin() {
      begun = true;
      follow();
      return () => {
        begun = false;
        close();
      };
    },
  };
}

function hear(
  { host, consent, model, ruleset, useRuleset, changed }: PushesOptions,
  random: RandomSource,
  visitor: string | null,
) {
  const { network } = host.environment;
  let heard = true;
  const rules = createRenewal(host, random, async (signal) => {
    const found = await network?.fetchRuleset?.(ruleset()?.version ?? null, signal);
    if (found && !signal.aborted) useRuleset(found as Ruleset);
  });
  let changes = 0;
  const segments = createRenewal(host, random, async (signal) => {
    const before = changes;
    const found = await network?.fetchSegments?.(visitor ?? "", consent().grants, signal);
    if (!found || signal.aborted) return;
    // Which of both is newer nobody knows.
    if (changes !== before) return segments.ask();
    model.tell(withFinding(model.told(), found, host.clock.now()));
    changed();
  });
  return {
    take(pushed: Pushed): void {
      if (!heard) return;
      if (pushed.type === "segments") {
        changes += 1;
        model.tell(withChanges(model.told(), pushed.changes, host.clock.now()));
        return changed();
      }
      if (pushed.type === "missed" && visitor !== null) segments.ask();
      if (pushed.type === "missed" || pushed.version !== ruleset()?.version) rules.ask();
    },
    stop() {
      heard = false;
      rules.stop();
      segments.stop();
    },
  };
}
