"use client";

import type { Score } from "@attune/core";
import { useConsent, useSegments, useSignals } from "@attune/react";
import { useDeliveries } from "@attune/react/devtools";
import { useEffect, useRef } from "react";
import { consentPolicy } from "~/attune/config";
import { Reasons } from "./insight-reasons";
import { useInsight } from "./insight-state";
import {
  eventName,
  featureLabel,
  groupMeaning,
  groupName,
  knownOf,
  PURPOSES,
  statusName,
} from "./insight-words";

/**
 * "What this page knows about you and why you see this": for shoppers, in the shop's words and look, over the same parts as the devtools
 * (explanations, what was recorded). It watches the visit, so it is no part of it: nothing in it is captured.
 */
export function Insight() {
  const { open, setOpen } = useInsight();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (open) dialog.current?.show();
    else dialog.current?.close();
  }, [open]);
  const close = () => {
    setOpen(false);
    document.querySelector<HTMLElement>(".insight-open")?.focus();
  };
  return (
    <dialog
      ref={dialog}
      className="insight"
      aria-label="What this page knows about you"
      data-attune-ignore
      onClose={() => setOpen(false)}
      onKeyDown={(event) => event.key === "Escape" && close()}
    >
      {open && <Panel close={close} />}
    </dialog>
  );
}

function Panel({ close }: { close(): void }) {
  return (
    <>
      <div className="insight-head">
        <h2>What this page knows about you, and why you see this</h2>
        <button type="button" className="insight-close" aria-label="Close" onClick={close}>
          ×
        </button>
      </div>
      <Permission />
      <Reasons />
      <Groups />
      <Scores />
      <Known />
      <Sent />
    </>
  );
}

function Permission() {
  const { state, grants, grant, withdraw } = useConsent();
  return (
    <section data-testid="insight-consent">
      <h3>What you allow</h3>
      <ul className="chips">
        {(consentPolicy.purposes ?? []).map((purpose) => (
          <li key={purpose} data-on={grants[purpose]}>
            {PURPOSES[purpose]}
            {!grants[purpose] && <span className="hidden">, not allowed</span>}
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
            Allow everything
          </button>
        )}
      </div>
    </section>
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
        segments.map((name) => (
          <p key={name}>
            <b>{groupName(name)}</b>: {groupMeaning(name)}.
          </p>
        ))
      )}
    </section>
  );
}

function Scores() {
  const { scores } = useSignals();
  return (
    <section data-testid="insight-scores">
      <h3>How this visit looks, out of 100</h3>
      <ScoreRow name="Interest" score={scores.engagement} />
      <ScoreRow name="Close to buying" score={scores.intent} />
    </section>
  );
}

const points = (share: number): number => Math.round(share * 100);

function ScoreRow({ name, score }: { name: string; score: Score }) {
  const parts = [...score.contributions]
    .filter(({ contribution }) => points(Math.abs(contribution)) > 0)
    .sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution));
  return (
    <>
      <div className="score">
        <span>{name}</span>
        <span className="meter" aria-hidden>
          <i style={{ width: `${points(score.value)}%` }} />
        </span>
        <span>{points(score.value)} of 100</span>
      </div>
      {parts.length > 0 && (
        <details>
          <summary>What it is made of</summary>
          <table>
            <tbody>
              {parts.map(({ feature, contribution }) => (
                <tr key={feature}>
                  <td>{featureLabel(feature)}</td>
                  <td>
                    {contribution < 0 ? "−" : "+"}
                    {points(Math.abs(contribution))} of 100
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </details>
      )}
    </>
  );
}

function Known() {
  const { features } = useSignals();
  const lists = knownOf(features);
  return (
    <section data-testid="insight-features">
      <h3>What is known</h3>
      {lists.length === 0 ? (
        <p>Nothing.</p>
      ) : (
        <table>
          {lists.map(({ title, rows }) => (
            <tbody key={title}>
              <tr>
                <th colSpan={2} scope="rowgroup">
                  {title}
                </th>
              </tr>
              {rows.map(([label, text]) => (
                <tr key={label}>
                  <td>{label}</td>
                  <td>{text}</td>
                </tr>
              ))}
            </tbody>
          ))}
        </table>
      )}
    </section>
  );
}

function Sent() {
  const deliveries = useDeliveries();
  return (
    <section data-testid="insight-sent">
      <h3>What was noted, latest first</h3>
      {deliveries.length === 0 ? (
        <p>Nothing.</p>
      ) : (
        <table>
          <tbody>
            {deliveries.slice(0, 20).map((entry) => (
              <tr key={entry.id}>
                <td>{eventName(entry.name)}</td>
                <td className="status">{statusName(entry.status)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
