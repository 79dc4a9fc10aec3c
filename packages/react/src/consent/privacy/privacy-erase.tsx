import { useEffect, useRef, useState } from "react";
import type { PrivacyMessages } from "./messages/types.js";
import type { PrivacyCenter } from "./use-privacy-center.js";

/** Deletes everything, after one question. */
export function PrivacyErase({
  center: { erase, erasing },
  messages: { erase: say, busy },
}: {
  center: PrivacyCenter;
  messages: PrivacyMessages;
}) {
  const [asking, setAsking] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const question = useRef<HTMLFieldSetElement>(null);
  const wasAsking = useRef(false);

  // What had the focus is gone then, and the focus would be with it.
  useEffect(() => {
    if (asking) question.current?.focus();
    else if (wasAsking.current) button.current?.focus();
    wasAsking.current = asking;
  }, [asking]);

  const answer = (yes: boolean): void => {
    setAsking(false);
    if (yes) void erase();
  };
  return (
    <>
      <p>{say.text}</p>
      {asking ? (
        <fieldset
          className="attune-privacy-question"
          ref={question}
          tabIndex={-1}
          onKeyDown={({ key }) => key === "Escape" && answer(false)}
        >
          <legend>{say.confirm}</legend>
          <div className="attune-consent-actions">
            <button type="button" className="attune-consent-button" onClick={() => answer(false)}>
              {say.no}
            </button>
            <button type="button" className="attune-consent-button" onClick={() => answer(true)}>
              {say.yes}
            </button>
          </div>
        </fieldset>
      ) : (
        <button
          type="button"
          className="attune-consent-button"
          ref={button}
          aria-disabled={erasing === "busy"}
          onClick={() => erasing !== "busy" && setAsking(true)}
        >
          {say.button}
        </button>
      )}
      <p role="status">
        {asking || erasing === "idle"
          ? ""
          : erasing === "busy"
            ? busy
            : erasing === "done"
              ? say.done
              : say.failed}
      </p>
    </>
  );
}
