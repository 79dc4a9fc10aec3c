import type { PurposeMessages } from "../types.js";

export const purposesDe: PurposeMessages = {
  necessary: {
    name: "Notwendig",
    description: "Hält die Seite in Betrieb und merkt sich diese Entscheidung.",
  },
  analytics: {
    name: "Statistik",
    description:
      "Zählt, welche Seiten besucht werden und was angeklickt wird, um zu sehen, was auf dieser Seite funktioniert.",
  },
  personalization: {
    name: "Persönliche Inhalte",
    description: "Merkt sich auf dieser Seite, was Sie ansehen, um Passendes zu zeigen.",
  },
  marketing: {
    name: "Eigenes Marketing",
    description:
      "Hält fest, über welche Kampagne Sie kamen, um unsere Angebote an Sie auszuwählen und zu messen.",
  },
  advertising: {
    name: "Werbung auf anderen Seiten",
    description:
      "Gibt Ihr Verhalten auf dieser Seite an Werbepartner weiter, um Ihnen anderswo unsere Anzeigen zu zeigen.",
  },
};
