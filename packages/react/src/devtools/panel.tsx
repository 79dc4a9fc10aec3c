import { type KeyboardEvent, useEffect, useRef } from "react";
import { ConsentState } from "./consent-state.js";
import { Decisions } from "./decisions.js";
import { Events } from "./events.js";
import { PersonaChoice, type PersonaChoiceProps } from "./persona.js";
import { Visitor } from "./visitor.js";

export interface PanelProps extends PersonaChoiceProps {
  close(): void;
}

/** The open drawer. It watches the page, so it is no part of it: nothing in it is captured. */
export default function Panel({ close, ...choice }: PanelProps) {
  const { messages } = choice;
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus(), []);
  const leave = ({ key }: KeyboardEvent): void => {
    if (key === "Escape") close();
  };
  return (
    <div
      role="dialog"
      aria-modal={false}
      aria-labelledby="attune-devtools-title"
      className="attune-devtools"
      lang={messages.lang}
      onKeyDown={leave}
      data-attune-ignore
    >
      <div className="attune-devtools-head">
        <h2 id="attune-devtools-title" ref={title} tabIndex={-1}>
          {messages.title}
        </h2>
        <button type="button" onClick={close}>
          {messages.close}
        </button>
      </div>
      <div className="attune-devtools-body" tabIndex={0} role="group" aria-label={messages.title}>
        <p>{messages.about}</p>
        <Decisions messages={messages} />
        <PersonaChoice {...choice} />
        <Visitor messages={messages} />
        <ConsentState messages={messages} />
        <Events messages={messages} />
      </div>
    </div>
  );
}
