import { purposesDe } from "@attune/core/policy";
import type { ConsentMessages } from "./types.js";

export const de: ConsentMessages = {
  lang: "de",
  title: "Ihre Daten, Ihre Entscheidung",
  ask: {
    "opt-in":
      "Wir möchten Daten über Ihren Besuch für die hier genannten Zwecke verwenden. Nichts davon geschieht ohne Ihre Einwilligung. Die Seite funktioniert so oder so, und Sie können Ihre Entscheidung jederzeit ändern.",
    "opt-out":
      "Wir verwenden Daten über Ihren Besuch für die hier genannten Zwecke. Sie können jetzt oder jederzeit ablehnen; die Seite funktioniert genauso.",
  },
  change:
    "Das erlauben Sie zurzeit. Schalten Sie ein oder aus, was Sie möchten, und speichern Sie; die Seite funktioniert so oder so.",
  again: {
    "policy-changed": "Wir fragen erneut, weil sich unsere Datenschutzerklärung geändert hat.",
    "region-changed": "Wir fragen erneut, weil dort, wo Sie jetzt sind, Ihre Einwilligung nötig ist.",
    "purposes-changed": "Wir fragen erneut, weil sich die hier genannten Zwecke geändert haben.",
    expired: "Wir fragen erneut, weil Ihre letzte Entscheidung länger zurückliegt.",
  },
  acceptAll: "Alle annehmen",
  rejectAll: "Alle ablehnen",
  choose: "Einzeln auswählen",
  save: "Auswahl speichern",
  saved: "Ihre Auswahl ist gespeichert.",
  settings: "Datenschutz-Einstellungen",
  close: "Schließen",
  policy: "Datenschutzerklärung",
  purposesLabel: "Zwecke",
  colon: ": ",
  purposes: purposesDe,
  alwaysOn: "Immer aktiv",
  gpc: "Ihr Browser sendet ein Global-Privacy-Control-Signal. Wir befolgen es und lassen ausgeschaltet:",
  gpcOff: "Aus: Global Privacy Control",
};
