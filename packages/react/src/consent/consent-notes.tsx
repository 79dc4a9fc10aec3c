import type { ConsentMessages } from "./messages/types.js";
import type { ConsentPrompt } from "./use-consent-prompt.js";

export interface ConsentNotesProps {
  prompt: ConsentPrompt;
  messages: ConsentMessages;
  /** Address of the privacy policy. */
  policyUrl?: string | undefined;
  /** Whether the switches stand below, which name the purposes themselves. */
  expanded: boolean;
  /** Becomes the id of the text, for `aria-describedby`. */
  id?: string;
}

/** What is asked and why, for which purposes; once it is settled, what holds and how to change it; and what Global Privacy Control has already settled. */
export function ConsentNotes({ prompt, messages, policyUrl, expanded, id }: ConsentNotesProps) {
  const { state, ask, choices } = prompt;
  const names = (list: ConsentPrompt["choices"]): string =>
    list.map(({ purpose }) => messages.purposes[purpose].name).join(", ");
  const off = choices.filter((choice) => choice.gpcOff);
  return (
    <div className="attune-consent-notes" id={id}>
      <p>
        {ask === null ? messages.change : messages.ask[state.mode === "opt-in" ? "opt-in" : "opt-out"]}{" "}
        {policyUrl !== undefined && <a href={policyUrl}>{messages.policy}</a>}
      </p>
      {!expanded && (
        <p>
          {messages.purposesLabel}
          {messages.colon}
          {names(choices)}.
        </p>
      )}
      {ask !== null && ask !== "undecided" && <p>{messages.again[ask]}</p>}
      {off.length > 0 && (
        <p className="attune-consent-gpc">
          {messages.gpc} {names(off)}.
        </p>
      )}
    </div>
  );
}
