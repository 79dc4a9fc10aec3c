import { useConsent } from "@attune/react";
import type { DevtoolsMessages } from "./messages/types.js";

/** What is allowed now, and switches for it. */
export function ConsentState({ messages }: { messages: DevtoolsMessages }) {
  const { state, grants, grant, deny, withdraw } = useConsent();
  const { status, mode, region, gpc, policy } = state;
  // The engine reports what fails; what is chosen holds all the same.
  const settle = (decision: Promise<void>): void => void decision.catch(() => undefined);
  return (
    <section aria-labelledby="attune-devtools-consent">
      <h3 id="attune-devtools-consent">{messages.consent}</h3>
      <p>
        {messages.consentStatus[status]} · {region ?? "–"}, {messages.modes[mode]}
      </p>
      {gpc && <p>{messages.gpc}</p>}
      <p>{messages.consentAbout}</p>
      <fieldset>
        <legend>{messages.consent}</legend>
        {policy.purposes.map((purpose) => (
          <label key={purpose}>
            <input
              type="checkbox"
              checked={grants[purpose]}
              onChange={({ target }) => settle(target.checked ? grant([purpose]) : deny([purpose]))}
            />
            {messages.purposes[purpose]}
          </label>
        ))}
      </fieldset>
      <button type="button" onClick={() => settle(withdraw())}>
        {messages.withdraw}
      </button>
    </section>
  );
}
