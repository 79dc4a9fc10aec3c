import type { Persona } from "@attune/core";
import { useAttune } from "@attune/react";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { en } from "./messages/en.js";
import type { DevtoolsMessages } from "./messages/types.js";

export interface AttuneDevtoolsProps {
  /** Default English; `de`, `fr`, `es` come with the package. */
  messages?: DevtoolsMessages;
  /** Name → somebody to look at the page as. */
  personas?: Readonly<Record<string, Persona>>;
}

const Panel = lazy(() => import("./panel.js"));
const NOBODY = {};

/**
 * A button that opens a drawer: what was decided and why, what is known of the visitor, consent, events and what became of them; variants can
 * be forced and personas tried, and none of that is counted. A persona ends with the component. The drawer is loaded when it is first opened. For development:
 * `{process.env.NODE_ENV !== "production" && <AttuneDevtools />}`. Its look is `@attune/react/devtools/styles.css`.
 */
export function AttuneDevtools({ messages = en, personas = NOBODY }: AttuneDevtoolsProps) {
  const attune = useAttune();
  const [open, setOpen] = useState(false);
  // Kept while the drawer is closed, so that the way back is there when it is opened again.
  const [persona, setPersona] = useState<Persona | null>(null);
  useEffect(() => {
    if (persona === null) return;
    attune.simulate(persona);
    return () => attune.simulate(null);
  }, [attune, persona]);
  const button = useRef<HTMLButtonElement>(null);
  const close = (): void => {
    setOpen(false);
    button.current?.focus();
  };
  return (
    <>
      <button
        ref={button}
        type="button"
        className="attune-devtools-open"
        lang={messages.lang}
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        data-attune-ignore
      >
        {messages.open}
      </button>
      {open && (
        <Suspense>
          <Panel {...{ messages, personas, persona, close }} become={setPersona} />
        </Suspense>
      )}
    </>
  );
}
