import { type ReactNode, useId } from "react";
import { ConsentPreferences } from "../consent-preferences.js";
import { en } from "../messages/en.js";
import type { ConsentMessages } from "../messages/types.js";
import { privacyEn } from "./messages/en.js";
import type { PrivacyMessages } from "./messages/types.js";
import { PrivacyErase } from "./privacy-erase.js";
import { PrivacyHeld } from "./privacy-held.js";
import { PrivacyTake } from "./privacy-take.js";
import { type PrivacyBackEnd, usePrivacyCenter } from "./use-privacy-center.js";

export interface PrivacyCenterProps {
  /** What the back end does; without it the centre is about this device alone. */
  backEnd?: PrivacyBackEnd;
  /** Default English; `privacyDe`, `privacyFr`, `privacyEs` come with the package. */
  messages?: PrivacyMessages;
  /** What the choices in it say (default English). */
  consentMessages?: ConsentMessages;
  /** Address of the privacy policy. */
  policyUrl?: string;
  /** Where visitors change what they allow (default `<ConsentPreferences>`); with a consent platform of your own, what opens that. */
  choices?: ReactNode;
  /** Name of the file (default `my-data.json`). */
  fileName?: string;
  /** Added to `attune-privacy`. */
  className?: string;
}

/**
 * A part of a page in which visitors see what is known of them, change or withdraw what they allow, take everything along as a file and have it deleted.
 * Its look is `@attune/react/consent/styles.css` and `…/privacy.css`; without them it is plain HTML with `attune-privacy…` classes. Headings begin at
 * the second level.
 */
export function PrivacyCenter({
  backEnd = {},
  messages = privacyEn,
  consentMessages = en,
  policyUrl,
  choices,
  fileName = "my-data.json",
  className = "",
}: PrivacyCenterProps) {
  const center = usePrivacyCenter(backEnd);
  const id = useId();
  return (
    <section
      className={`attune-privacy ${className}`.trim()}
      aria-labelledby={`${id}-title`}
      data-attune-ignore
      lang={messages.lang}
    >
      <h2 id={`${id}-title`}>{messages.title}</h2>
      <p>{messages.intro}</p>
      <Part title={messages.choice}>
        {choices ?? (
          <ConsentPreferences messages={consentMessages} {...(policyUrl !== undefined && { policyUrl })} />
        )}
      </Part>
      <Part title={messages.held.title}>
        <PrivacyHeld held={center.held} messages={messages} />
      </Part>
      <Part title={messages.take.title}>
        <PrivacyTake center={center} messages={messages} fileName={fileName} />
      </Part>
      <Part title={messages.erase.title}>
        <PrivacyErase center={center} messages={messages} />
      </Part>
    </section>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="attune-privacy-part">
      <h3>{title}</h3>
      {children}
    </div>
  );
}
