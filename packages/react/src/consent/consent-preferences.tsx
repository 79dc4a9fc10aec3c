import { useState } from "react";
import { ConsentForm } from "./consent-form.js";
import { ConsentNotes } from "./consent-notes.js";
import type { ConsentBannerProps } from "./consent-banner.js";
import { en } from "./messages/en.js";
import { useConsentPrompt } from "./use-consent-prompt.js";

/** The same choices as a part of a page, for instance of the privacy policy: what holds now, and how to change it. */
export function ConsentPreferences({ messages = en, policyUrl, className = "" }: ConsentBannerProps) {
  const prompt = useConsentPrompt("preferences");
  const [saved, setSaved] = useState(0);
  return (
    <section
      className={`attune-consent-preferences ${className}`.trim()}
      aria-label={messages.settings}
      data-attune-ignore
      lang={messages.lang}
    >
      <ConsentNotes prompt={prompt} messages={messages} policyUrl={policyUrl} expanded />
      <ConsentForm prompt={prompt} messages={messages} expanded onDecided={() => setSaved(saved + 1)} />
      {/* Another element each time: the same text is read out once. */}
      <p role="status">{saved > 0 && <span key={saved}>{messages.saved}</span>}</p>
    </section>
  );
}
