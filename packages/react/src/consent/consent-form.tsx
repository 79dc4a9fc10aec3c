import { type FormEvent, type MouseEvent, type Ref, useId } from "react";
import type { ConsentMessages } from "./messages/types.js";
import type { ConsentPrompt } from "./use-consent-prompt.js";

export interface ConsentFormProps {
  prompt: ConsentPrompt;
  messages: ConsentMessages;
  /** Whether the switches are shown. */
  expanded: boolean;
  form?: Ref<HTMLFormElement>;
  /** Tells that a choice was made. */
  onDecided?: () => void;
}

/**
 * What opened the form may have been double-clicked, and an answer have come under the pointer meanwhile: a second click in one place is no
 * answer. Keys and assistive technology click singly.
 */
const ignoreSecondClick = (event: MouseEvent): void => {
  if (event.detail < 2) return;
  event.preventDefault();
  event.stopPropagation();
};

/**
 * The switches, and the buttons in the order and form that make no answer easier than another: "Reject all" and "Accept all" are the same
 * kind of button, side by side, and stay where they are when the switches come. What is saved of single switches looks different from both, and
 * stands at the end of its line: the banner's "Choose for each purpose" was at the start of it, so that a second click there does nothing.
 */
export function ConsentForm({ prompt, messages, expanded, form, onDecided }: ConsentFormProps) {
  const decided = (decide: () => void) => (): void => {
    decide();
    onDecided?.();
  };
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    prompt.save(new FormData(event.currentTarget).getAll("purpose").map(String));
    onDecided?.();
  };
  return (
    <form className="attune-consent-form" ref={form} onSubmit={submit}>
      {expanded && <Switches prompt={prompt} messages={messages} />}
      <div className="attune-consent-actions" onClickCapture={ignoreSecondClick}>
        {expanded && (
          <button type="submit" className="attune-consent-button">
            {messages.save}
          </button>
        )}
        <button type="button" className="attune-consent-button" onClick={decided(prompt.rejectAll)}>
          {messages.rejectAll}
        </button>
        <button type="button" className="attune-consent-button" onClick={decided(prompt.acceptAll)}>
          {messages.acceptAll}
        </button>
      </div>
    </form>
  );
}

function Switches({ prompt, messages }: Pick<ConsentFormProps, "prompt" | "messages">) {
  return (
    // What is switched but not saved is dropped when a decision is made elsewhere, or something else holds of itself, as once the region is known:
    // the switches never show what does not hold.
    <fieldset
      className="attune-consent-purposes"
      key={JSON.stringify([prompt.state.revision, prompt.choices])}
      tabIndex={-1}
    >
      <legend>{messages.purposesLabel}</legend>
      <Switch
        {...messages.purposes.necessary}
        value="necessary"
        checked={true}
        locked={true}
        note={messages.alwaysOn}
      />
      {prompt.choices.map(({ purpose, granted, gpcOff }) => (
        <Switch
          key={purpose}
          {...messages.purposes[purpose]}
          value={purpose}
          checked={granted}
          locked={gpcOff}
          note={gpcOff ? messages.gpcOff : undefined}
        />
      ))}
    </fieldset>
  );
}

interface SwitchProps {
  name: string;
  description: string;
  value: string;
  checked: boolean;
  locked: boolean;
  note: string | undefined;
}

function Switch({ name, description, value, checked, locked, note }: SwitchProps) {
  const id = useId();
  return (
    <div className="attune-consent-purpose">
      <input
        type="checkbox"
        id={id}
        name="purpose"
        value={value}
        defaultChecked={checked}
        disabled={locked}
        aria-describedby={`${id}-text`}
      />
      <label htmlFor={id}>{name}</label>
      <p id={`${id}-text`}>
        {description} {note && <em>{note}</em>}
      </p>
    </div>
  );
}
