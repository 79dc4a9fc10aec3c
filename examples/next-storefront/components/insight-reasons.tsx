"use client";

import type { ExplanationStep } from "@attune/core";
import { useAttune, useDecision } from "@attune/react";
import { SLOTS } from "~/attune/config";
import { reasonText, stepText } from "./insight-texts";
import { slotName, variantName } from "./insight-words";

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
  const attune = useAttune();
  const decision = useDecision(slot);
  const { steps } = attune.explain(slot);
  return (
    <div className="why" data-testid={`why-${slot}`}>
      <b>
        {slotName(slot)}: {variantName(slot, decision.variant)}
      </b>
      {reasonText(decision, steps)}
      <details>
        <summary>Step by step</summary>
        <ol>
          {steps.map((step: ExplanationStep, index: number) => (
            <li key={index} data-passed={step.passed}>
              {stepText({ slot, step })}
            </li>
          ))}
        </ol>
      </details>
    </div>
  );
}
