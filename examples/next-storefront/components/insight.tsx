"use client";

import type { Decision, ExplanationStep, Score } from "@attune/core";
import { useAttune, useConsent, useDecision, useSegments, useSignals } from "@attune/react";
import { useEffect, useRef, useState } from "react";
import { SLOTS } from "~/attune/config";
import { reasonText, stepText } from "./insight-texts";

const SLOT_NAMES: Readonly<Record<(typeof SLOTS)[number], string>> = {
  hero: "The picture at the top",
  "product-order": "The order of the products",
  nudge: "The line under the header",
  "buy-button": "The words on the buy button",
};
const PURPOSE_NAMES = {
  analytics: "Counting visits",
  personalization: "Fitting the shop to you",
  marketing: "Messages",
  advertising: "Advertising",
} as const;

/** "What this page knows about you and why you see this." */
export function Insight() {
  const [open, setOpen] = useState(false);
  const dialog = useRef<HTMLDialogElement>(null);
  const { grants } = useConsent();
  useEffect(() => {
    if (open) dialog.current?.show();
    else dialog.current?.close();
  }, [open]);
  return (
    <>
      <button
        type="button"
        className="insight-open"
        onClick={() => setOpen(!open)}
        aria-expanded={open}
        data-testid="insight-open"
      >
        <i data-on={grants.personalization} aria-hidden /> Why do I see this?
      </button>
      <dialog
        ref={dialog}
        className="insight"
        aria-label="What this page knows about you"
        onClose={() => setOpen(false)}
        onKeyDown={(event) => event.key === "Escape" && setOpen(false)}
      >
        {open && <Panel close={() => setOpen(false)} />}
      </dialog>
    </>
  );
}

function Panel({ close }: { close(): void }) {
  return (
    <>
      <div className="insight-head">
        <h2>What this page knows about you, and why you see this</h2>
        <button type="button" className="link" onClick={close}>
          Close
        </button>
      </div>
      <Permission />
      <Reasons />
      <Groups />
      <Scores />
      <Features />
      <Sent />
    </>
  );
}

function Permission() {
  const { state, grants, grant, withdraw } = useConsent();
  const asked = ["analytics", "personalization", "marketing"] as const;
  return (
    <section data-testid="insight-consent">
      <h3>What you allow</h3>
      <ul className="chips">
        {asked.map((purpose) => (
          <li key={purpose} data-on={grants[purpose]}>
            {PURPOSE_NAMES[purpose]}
          </li>
        ))}
      </ul>
      {state.gpc && <p>Your browser sends Global Privacy Control: nothing is sold or shared.</p>}
      <div className="row">
        {grants.personalization || grants.analytics ? (
          <button type="button" className="small" onClick={() => void withdraw()} data-testid="withdraw">
            Withdraw everything
          </button>
        ) : (
          <button type="button" className="small" onClick={() => void grant("all")} data-testid="grant">
            Allow and personalise
          </button>
        )}
      </div>
    </section>
  );
}

function Reasons() {
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
  const decision: Decision = useDecision(slot);
  const explanation = attune.explain(slot);
  return (
    <div className="why" data-testid={`why-${slot}`}>
      <b>{SLOT_NAMES[slot]}</b>: {decision.variant}. {reasonText(decision, explanation.steps)}
      <details>
        <summary>Step by step</summary>
        <ol>
          {explanation.steps.map((step: ExplanationStep, index: number) => (
            <li key={index} data-passed={step.passed}>
              {stepText(step)}
            </li>
          ))}
        </ol>
      </details>
    </div>
  );
}

function Groups() {
  const segments = useSegments();
  return (
    <section data-testid="insight-segments">
      <h3>Groups you are in</h3>
      {segments.length === 0 ? (
        <p>None.</p>
      ) : (
        <ul className="chips">
          {segments.map((name) => (
            <li key={name} data-on="true">
              {name.replace(/-/g, " ")}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function ScoreRow({ name, score }: { name: string; score: Score }) {
  return (
    <>
      <div className="score">
        <span>{name}</span>
        <span className="meter" aria-hidden>
          <i style={{ width: `${Math.round(score.value * 100)}%` }} />
        </span>
        <span>{Math.round(score.value * 100)} %</span>
      </div>
      <details>
        <summary>What it is made of</summary>
        <table>
          <tbody>
            {[...score.contributions]
              .filter((part) => Math.abs(part.contribution) >= 0.0005)
              .sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution))
              .map((part) => (
                <tr key={part.feature}>
                  <td>{words(part.feature)}</td>
                  <td>{(part.contribution * 100).toFixed(1)} points</td>
                </tr>
              ))}
          </tbody>
        </table>
      </details>
    </>
  );
}

function Scores() {
  const { scores } = useSignals();
  return (
    <section>
      <h3>Scores, from 0 to 100</h3>
      <ScoreRow name="Engagement" score={scores.engagement} />
      <ScoreRow name="Intent to buy" score={scores.intent} />
    </section>
  );
}

function Features() {
  const { features } = useSignals();
  const known = Object.entries(features).filter(([, value]) => value !== 0);
  return (
    <section data-testid="insight-features">
      <h3>What is known</h3>
      {known.length === 0 ? (
        <p>Nothing.</p>
      ) : (
        <table>
          <tbody>
            {known.map(([name, value]) => (
              <tr key={name}>
                <td>{words(name)}</td>
                <td>{Math.round(value * 100) / 100}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

/** Read from the engine each second while the drawer is open: deliveries are a log, not state that pages render from. */
function Sent() {
  const attune = useAttune();
  const [deliveries, setDeliveries] = useState(() => attune.deliveries());
  useEffect(() => {
    const timer = setInterval(() => setDeliveries(attune.deliveries()), 1000);
    return () => clearInterval(timer);
  }, [attune]);
  return (
    <section data-testid="insight-sent">
      <h3>What was sent</h3>
      {deliveries.length === 0 ? (
        <p>Nothing.</p>
      ) : (
        <table>
          <tbody>
            {deliveries.slice(0, 20).map((entry) => (
              <tr key={entry.id}>
                <td>{entry.name}</td>
                <td className="status">{entry.status}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

/** `productViewsThisSession` → "product views this session". */
const words = (name: string): string => name.replace(/([A-Z])/g, " $1").toLowerCase();
