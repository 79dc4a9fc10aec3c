import type { Persona } from "@attune/core";
import { lazy, Suspense, useRef, useState } from "react";
import { en } from "./messages/en.js";
import type { DevtoolsMessages } from "./messages/types.js";

export interface AttuneDevtoolsProps {
  /** Default English. */
  messages?: DevtoolsMessages;
  /** Name → somebody to look at the page as. */
  personas?: Readonly<Record<string, Persona>>;
}

const Panel = lazy(() => import("./panel.js"));
const NOBODY = {};

/**
 * A button that opens a drawer: what was decided and why, what is known of the visitor, consent, events and what became of them; variants can
 * be forced and personas tried, and none of that is counted. The drawer is loaded when it is first opened. For development:
 * `{process.env.NODE_ENV !== "production" && <AttuneDevtools />}`. Its look is `@attune/react/devtools/styles.css`.
 */
export function AttuneDevtools({ messages = en, personas = NOBODY }: AttuneDevtoolsProps) {
  const [open, setOpen] = useState(false);
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
          <Panel messages={messages} personas={personas} close={close} />
        </Suspense>
      )}
    </>
  );
}
