import type { PrivacyMessages } from "./types.js";

export const privacyDe: PrivacyMessages = {
  lang: "de",
  title: "Ihre Daten auf dieser Seite",
  intro:
    "Hier sehen Sie, was diese Seite über Sie weiß, können es mitnehmen, löschen lassen und ändern, was Sie erlauben.",
  choice: "Was Sie erlauben",
  held: {
    title: "Was über Sie bekannt ist",
    nothing: "Auf diesem Gerät liegt nur Ihre Entscheidung.",
    failed: "Was auf diesem Gerät liegt, konnte nicht gelesen werden.",
    visitor: "Ihre zufällige Nummer hier",
    account: "Ihr Konto",
    since: "Erster Besuch",
    visits: "Besuche",
    segments: "Gruppen, zu denen Sie zählen",
    traits: "Was Sie uns gesagt haben",
    preferences: "Was Sie bevorzugen",
    events: "Zuletzt aufgezeichnet",
    when: "Wann",
    what: "Was",
    status: "Stand",
    statuses: {
      queued: "noch zu senden",
      sent: "gesendet",
      rejected: "vom Server abgelehnt",
      memory: "nur auf dieser Seite",
    },
  },
  take: {
    title: "Mitnehmen",
    text: "Sie erhalten eine Datei (JSON) mit allem, was über Sie vorliegt.",
    button: "Meine Daten herunterladen",
    done: "Die Datei wurde gespeichert.",
    partly:
      "Die Datei enthält, was auf diesem Gerät liegt. Der Server hat nicht geantwortet; bitte versuchen Sie es für den Rest später noch einmal.",
    failed: "Ihre Daten konnten nicht zusammengestellt werden. Bitte versuchen Sie es später noch einmal.",
  },
  erase: {
    title: "Löschen",
    text: "Alles, was über Sie aufgezeichnet wurde, wird gelöscht, hier und auf dem Server. Was Sie erlauben, bleibt, wie es ist; ändern können Sie es weiter oben.",
    button: "Meine Daten löschen",
    confirm: "Das lässt sich nicht rückgängig machen. Alles löschen?",
    yes: "Ja, alles löschen",
    no: "Behalten",
    done: "Ihre Daten wurden gelöscht.",
    failed: "Ihre Daten konnten nicht gelöscht werden. Bitte versuchen Sie es später noch einmal.",
  },
  busy: "Einen Moment …",
};
