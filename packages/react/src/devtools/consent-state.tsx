import { useConsent } from "@attune/react";
import type { DevtoolsMessages } from "./messages/types.js";

/** What is allowed now, and switches for it. */
export function ConsentState({ messages }: { messages: DevtoolsMessages }) {
  const { state, grants, grant, deny, withdraw } = useConsent();
  const { status, mode, region, gpc, policy } = state;
  return (
    <section aria-labelledby="attune-devtools-consent">
      <h3 id="attune-devtools-consent">{messages.consent}</h3>
      <p>
        {messages.consentStatus[status]} · {region ?? "–"}, {messages.modes[mode]}
      </p>
      {gpc && <p>{messages.gpc}</p>}
      <fieldset>
        <legend>{messages.consent}</legend>
        {policy.purposes.map((purpose) => (
          <label key={purpose}>
            <input
              type="checkbox"
              checked={grants[purpose]}
              onChange={({ target }) => void (target.checked ? grant([purpose]) : deny([purpose]))}
            />
            {messages.purposes[purpose]}
          </label>
        ))}
      </fieldset>
      <button type="button" onClick={() => void withdraw()}>
        {messages.withdraw}
      </button>
    </section>
  );
}
