import type { ConsentState } from "@attune/core/consent";
import type { PurposeMessages } from "@attune/core/policy";

/** Everything the consent parts say. Plain words: what is used, for what, and that no is as good as yes. */
export interface ConsentMessages {
  /** BCP 47; becomes the `lang` of the parts. */
  lang: string;
  title: string;
  /** Before anything is decided: where nothing is used until the visitor agrees, and where it is used until the visitor objects. */
  ask: { "opt-in": string; "opt-out": string };
  /** In the settings, once it is decided: what they show, and that it can be changed. */
  change: string;
  /** Why the visitor is asked once more. */
  again: Readonly<Record<Exclude<NonNullable<ConsentState["ask"]>, "undecided">, string>>;
  acceptAll: string;
  rejectAll: string;
  /** Opens the switches. */
  choose: string;
  save: string;
  /** After a choice was saved. */
  saved: string;
  /** Opens the settings again, and names them. */
  settings: string;
  close: string;
  policy: string;
  /** Names the group of switches. */
  purposesLabel: string;
  /** Between a heading and what it stands for, with the spaces that the language wants around it. */
  colon: string;
  purposes: PurposeMessages;
  /** Beside a purpose that cannot be switched off. */
  alwaysOn: string;
  /** Global Privacy Control is active; shown with the names of what it switches off. */
  gpc: string;
  /** Beside a purpose that Global Privacy Control keeps off. */
  gpcOff: string;
}
