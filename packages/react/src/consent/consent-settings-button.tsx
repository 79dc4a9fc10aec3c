import type { ReactNode } from "react";
import { en } from "./messages/en.js";
import type { ConsentMessages } from "./messages/types.js";
import { useConsentPrompt } from "./use-consent-prompt.js";

export interface ConsentSettingsButtonProps {
  messages?: Pick<ConsentMessages, "settings">;
  className?: string;
  /** Default: the catalogue's words for it. */
  children?: ReactNode;
}

/**
 * Opens the `<ConsentBanner>` as settings. Put it where every page has it, for instance in the footer: withdrawing is then two clicks, this
 * one and "Reject all".
 */
export function ConsentSettingsButton({ messages = en, className, children }: ConsentSettingsButtonProps) {
  const { open } = useConsentPrompt();
  return (
    <button type="button" className={className ?? "attune-consent-link"} onClick={open}>
      {children ?? messages.settings}
    </button>
  );
}
