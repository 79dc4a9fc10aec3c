import { purposesEn } from "@attune/core/policy";
import type { ConsentMessages } from "./types.js";

export const en: ConsentMessages = {
  lang: "en",
  title: "Your data, your choice",
  ask: {
    "opt-in":
      "We would like to use data about your visit for the purposes named here. None of it happens unless you agree. The site works either way, and you can change your mind at any time.",
    "opt-out":
      "We use data about your visit for the purposes named here. You can say no, now or at any time, and the site works just the same.",
  },
  change: "This is what you allow now. Switch on or off what you like and save; the site works either way.",
  again: {
    "policy-changed": "We ask again because our privacy policy has changed.",
    "region-changed": "We ask again because consent is needed where you are now.",
    "purposes-changed": "We ask again because the purposes named here have changed.",
    expired: "We ask again because your last choice was some time ago.",
  },
  acceptAll: "Accept all",
  rejectAll: "Reject all",
  choose: "Choose for each purpose",
  save: "Save my choice",
  saved: "Your choice is saved.",
  settings: "Privacy settings",
  close: "Close",
  policy: "Privacy policy",
  purposesLabel: "Purposes",
  colon: ": ",
  purposes: purposesEn,
  alwaysOn: "Always on",
  gpc: "Your browser sends a Global Privacy Control signal. We honour it and keep off:",
  gpcOff: "Off: Global Privacy Control",
};
