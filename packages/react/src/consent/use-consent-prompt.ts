import {
  grantsOf,
  type OptionalPurpose,
  type Purpose,
  settleConsent,
  type StatedSource,
} from "@attune/core/consent";
import { useMemo } from "react";
import { useFlag, usePersonalization } from "../context.js";
import { type Consent, useConsent } from "../use-consent.js";

type Source = Extract<StatedSource, "banner" | "preferences">;

/** One optional purpose as the visitor can set it. */
export interface PurposeChoice {
  purpose: OptionalPurpose;
  granted: boolean;
  /** Kept off by Global Privacy Control. */
  gpcOff: boolean;
}

export interface ConsentPrompt extends Pick<Consent, "state" | "ask"> {
  /** Whether a banner should be there now. Never on a server and never before the device's own record was read, so nothing flashes. */
  visible: boolean;
  /** The visitor has opened the settings (rather than being asked). */
  opened: boolean;
  /** What can be chosen; other purposes are not asked for on this site. */
  choices: readonly PurposeChoice[];
  open(): void;
  close(): void;
  acceptAll(): void;
  /** Refuses, or takes back what was granted. */
  rejectAll(): void;
  /** Grants these and refuses all others. */
  save(granted: readonly string[]): void;
}

/** The behaviour of a consent banner without its looks: make your own with it, or use `<ConsentBanner>`. */
export function useConsentPrompt(source: Source = "banner"): ConsentPrompt {
  const { started, consentOpen } = usePersonalization();
  const { state, grant, deny, withdraw } = useConsent();
  const opened = useFlag(consentOpen);
  const known = useFlag(started);

  return useMemo(() => {
    const choices = state.policy.purposes.map((purpose) => ({
      purpose,
      granted: state.grants[purpose],
      gpcOff: state.gpc && state.policy.gpcDenies.includes(purpose),
    }));
    const close = (): void => consentOpen.set(false);
    const settle = (decision: Promise<void>): void => {
      // The engine reports what fails; for the visitor the choice holds from now on.
      decision.catch(() => undefined);
      close();
    };
    return {
      state,
      ask: state.ask,
      visible: known && (opened || state.ask !== null),
      opened,
      choices,
      open: () => consentOpen.set(true),
      close,
      acceptAll: () => settle(grant("all", source)),
      rejectAll: () =>
        settle(choices.some((choice) => choice.granted) ? withdraw("all", source) : deny("all", source)),
      save: (granted) =>
        settle(settleConsent({ state, grant, deny }, grantsOf(granted as readonly Purpose[]), source)),
    };
  }, [state, known, opened, source, consentOpen, grant, deny, withdraw]);
}
