import { useAttune } from "@attune/react";
import { changeText, reasonText, stepText } from "./explain-text.js";
import type { DevtoolsMessages } from "./messages/types.js";
import { useExplanation } from "./use-explanation.js";
import { useRuleset } from "./use-ruleset.js";

interface Props {
  messages: DevtoolsMessages;
}

/** Every slot of the ruleset: what it shows, why, what would change it, and what to show instead. */
export function Decisions({ messages }: Props) {
  const ruleset = useRuleset();
  const slots = Object.entries(ruleset?.slots ?? {});
  return (
    <section aria-labelledby="attune-devtools-decisions">
      <h3 id="attune-devtools-decisions">{messages.decisions}</h3>
      {slots.length === 0 && <p>{messages.noRuleset}</p>}
      {slots.map(([slot, { variants }]) => (
        <Slot key={slot} slot={slot} variants={Object.keys(variants)} messages={messages} />
      ))}
    </section>
  );
}

function Slot({ slot, variants, messages }: Props & { slot: string; variants: readonly string[] }) {
  const attune = useAttune();
  const { decision, steps, wouldChange } = useExplanation(slot);
  const { variant, reason, status } = decision;
  const id = `attune-devtools-slot-${slot}`;
  const forced = reason === "override" ? (variant ?? "") : "";
  return (
    <div className="attune-devtools-card" data-slot={slot}>
      <p className="attune-devtools-row">
        <b>{slot}</b> <code>{variant ?? "–"}</code>
      </p>
      <p>{status === "resolving" ? messages.resolving : reasonText(decision, steps, messages)}</p>
      <p className="attune-devtools-row">
        <label htmlFor={id}>{messages.show}</label>
        <select
          id={id}
          value={forced}
          onChange={({ target }) => attune.force(slot, target.value === "" ? null : target.value)}
        >
          <option value="">{messages.asDecided}</option>
          {variants.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </p>
      {steps.length > 0 && (
        <details>
          <summary>{messages.steps}</summary>
          <ol>
            {steps.map((step, i) => (
              <li key={i} data-passed={step.passed}>
                {stepText(step, messages)}
              </li>
            ))}
          </ol>
          {wouldChange.map((change, i) => (
            <p key={i}>
              {messages.wouldShow(change.variant)} {changeText(change, messages)}
            </p>
          ))}
        </details>
      )}
    </div>
  );
}
