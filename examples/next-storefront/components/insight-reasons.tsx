"use client";

import { reasonText, stepText, useExplanation } from "@attune/react/devtools";
import { SLOTS } from "~/attune/config";
import { shopWords } from "./insight-texts";
import { slotName } from "./insight-words";

/** Each place that is personalised: what is shown there, and why. */
export function Reasons() {
  return (
    <section data-testid="insight-reasons">
      <h3>Why you see this</h3>
      {SLOTS.map((slot) => (
        <Reason key={slot} slot={slot} />
      ))}
    </section>
  );
}

function Reason({ slot }: { slot: (typeof SLOTS)[number] }) {
  const { decision, steps } = useExplanation(slot);
  const words = shopWords(slot);
  return (
    <div className="why" data-testid={`why-${slot}`}>
      <b>
        {slotName(slot)}: {words.variant(decision.variant)}
      </b>
      {reasonText(decision, steps, words)}
      <details>
        <summary>Step by step</summary>
        <ol>
          {steps.map((step, index) => (
            <li key={index} data-passed={step.passed}>
              {stepText(step, words)}
            </li>
          ))}
        </ol>
      </details>
    </div>
  );
}
