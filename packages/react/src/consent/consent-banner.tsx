import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { ConsentForm } from "./consent-form.js";
import { ConsentNotes } from "./consent-notes.js";
import { en } from "./messages/en.js";
import type { ConsentMessages } from "./messages/types.js";
import { type ConsentPrompt, useConsentPrompt } from "./use-consent-prompt.js";

export interface ConsentBannerProps {
  /** Default English; `de`, `fr`, `es` come with the package, others and changes are yours. */
  messages?: ConsentMessages;
  /** Address of the privacy policy. */
  policyUrl?: string;
  /** Added to `attune-consent`. */
  className?: string;
}

/**
 * Asks for consent where it is needed, and opens again as settings (see {@link ConsentSettingsButton}). It does not cover or lock the page
 * and takes no focus unless the visitor opened it. Put it first in the body, so that it is first in reading and tab order. Its look is
 * `@attune/react/consent/styles.css`; without that it is plain HTML with `attune-consent…` classes.
 */
export function ConsentBanner(props: ConsentBannerProps) {
  const prompt = useConsentPrompt();
  return prompt.visible ? <Dialog {...props} prompt={prompt} /> : null;
}

function Dialog({
  messages = en,
  policyUrl,
  className = "",
  prompt,
}: ConsentBannerProps & { prompt: ConsentPrompt }) {
  const id = useId();
  const title = useRef<HTMLHeadingElement>(null);
  const form = useRef<HTMLFormElement>(null);
  const [choosing, setChoosing] = useState(false);
  const { opened, close, ask } = prompt;
  const expanded = choosing || opened;

  useEffect(() => {
    if (!opened) return;
    const before = document.activeElement;
    title.current?.focus();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, [opened]);

  // What opened the switches is gone then, and the focus would be with it.
  useEffect(() => {
    if (choosing) form.current?.querySelector("fieldset")?.focus();
  }, [choosing]);

  const leave = (event: KeyboardEvent): void => {
    if (event.key === "Escape") close();
  };

  return (
    <section
      role="dialog"
      aria-modal={false}
      data-attune-ignore
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-text`}
      className={`attune-consent ${className}`.trim()}
      lang={messages.lang}
      onKeyDown={opened ? leave : undefined}
    >
      <h2 className="attune-consent-title" id={`${id}-title`} ref={title} tabIndex={-1}>
        {opened ? messages.settings : messages.title}
      </h2>
      {opened && ask === null && (
        <button type="button" className="attune-consent-close" aria-label={messages.close} onClick={close}>
          ×
        </button>
      )}
      <ConsentNotes
        id={`${id}-text`}
        prompt={prompt}
        messages={messages}
        policyUrl={policyUrl}
        expanded={expanded}
      />
      {!expanded && (
        <button
          type="button"
          className="attune-consent-link"
          aria-expanded={false}
          onClick={() => setChoosing(true)}
        >
          {messages.choose}
        </button>
      )}
      <ConsentForm form={form} prompt={prompt} messages={messages} expanded={expanded} />
    </section>
  );
}
