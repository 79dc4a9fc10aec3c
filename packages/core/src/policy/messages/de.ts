import type { PolicyMessages } from "../types.js";
import { purposesDe } from "./purposes-de.js";

export const policyDe: PolicyMessages = {
  lang: "de",
  title: "Was diese Seite mit Ihren Daten macht",
  who: {
    heading: "Wer verantwortlich ist",
    text: "{name} betreibt diese Seite und ist verantwortlich für das, was hier beschrieben ist. Erreichbar unter: {contact}",
  },
  choice: {
    heading: "Ihre Entscheidung",
    "opt-in": "Nur was notwendig ist, wird gespeichert oder verwendet, solange Sie nicht einwilligen.",
    "opt-out": "Was hier beschrieben ist, geschieht, solange Sie nicht ablehnen.",
    both: "Wo das Gesetz Ihre Einwilligung verlangt, wird nur gespeichert oder verwendet, was notwendig ist, solange Sie nicht einwilligen. Anderswo werden Daten verwendet, solange Sie nicht ablehnen.",
    change:
      "Sie können jedem Zweck einzeln zustimmen und Ihre Entscheidung jederzeit in den Datenschutz-Einstellungen ändern. Die Seite funktioniert so oder so. Wenn Sie alles widerrufen, wird sofort entfernt, was auf Ihrem Gerät lag.",
    again: "Ihre Entscheidung gilt {time}; danach werden Sie erneut gefragt.",
    gpc: "Sendet Ihr Browser ein Global-Privacy-Control-Signal, bleibt ausgeschaltet: {purposes}.",
  },
  purposes: purposesDe,
  recorded: "Was aufgezeichnet wird",
  learned: "Was daraus abgeleitet wird",
  shared: "Wer es außerdem erhält",
  event: { bare: "„{name}“", with: "„{name}“ mit: {properties}" },
  sealed: "verschlüsselt",
  campaign: "Über welche Kampagne Sie kamen, wie der Link sagt, dem Sie gefolgt sind",
  groups: {
    recorded: {
      pages: "Welche Seiten Sie öffnen und von welcher Website Sie kommen",
      clicks: "Welche Links und Schaltflächen Sie anklicken",
      trouble: "Klicks, die nichts bewirken oder die Sie schnell wiederholen",
      scrolling: "Wie weit Sie auf einer Seite nach unten gehen",
      attention: "Wie lange Sie auf einer Seite aktiv sind",
      views: "Welche markierten Teile einer Seite Sie zu sehen bekommen",
      hovering: "Über welchen markierten Teilen einer Seite Ihr Mauszeiger verweilt",
      forms: "Dass Sie ein Formular beginnen, absenden oder verlassen; nie, was Sie eingeben",
      copying: "Dass Sie etwas kopieren; nie, was",
      leaving: "Anzeichen dafür, dass Sie eine Seite gleich verlassen",
      technical: "Wie schnell Seiten bei Ihnen laden, und Fehler, die dabei auftreten",
      searches: "Wonach Sie im Shop suchen",
      products: "Welche Produkte und Produktlisten Sie ansehen",
      cart: "Was Sie in den Warenkorb legen und herausnehmen",
      orders: "Dass Sie zur Kasse gehen und was Sie bestellen",
      account: "Dass Sie sich anmelden, und Ihre Kennung im Kundenkonto",
      variants: "Welche Fassung eines Seitenteils Sie gesehen haben",
      choice: "Ihre Entscheidung über Ihre Daten",
    },
    learned: {
      visits: "Wie oft und wie regelmäßig Sie kommen",
      reading: "Wie viele Seiten Sie lesen, wie weit und wie lange",
      actions: "Wie viel Sie klicken und suchen",
      origin: "Ob Sie über eine Kampagne oder eine Suchmaschine kamen",
      device: "Ob Sie ein Mobiltelefon verwenden",
      products: "Welche Arten von Produkten Sie interessieren und in welcher Preislage",
      cart: "Was in Ihrem Warenkorb liegt und wie lange schon",
      orders: "Wie oft und für wie viel Sie bestellt haben",
    },
  },
  device: {
    heading: "Was auf Ihrem Gerät liegt",
    text: "Ohne Ihre Einwilligung, oder nach deren Widerruf, liegt dort nur das Erste.",
    head: ["Was", "Wofür", "Wie lange"],
    consent: "Merkt sich Ihre Entscheidung. Enthält keine Kennung.",
    visitor: "Eine zufällige Nummer, an der diese Seite erkennt, dass Ihre Besuche zusammengehören.",
    database: "Was noch zu senden ist und was bisher abgeleitet wurde.",
    withdrawn: "bis Sie widerrufen",
    token:
      "Der Schlüssel, mit dem Sie sehen und löschen können, was über Sie gespeichert ist. Skripte können ihn nicht lesen.",
    overrides: "Welche Varianten der Seite jemand sehen wollte, der sie prüft.",
    tab: "bis Sie den Tab schließen",
  },
  kept: {
    heading: "Wie lange es aufbewahrt wird",
    text: "Was aufgezeichnet wird, bleibt höchstens {time} gespeichert und wird dann gelöscht; früher, wenn Sie es verlangen.",
  },
  never: {
    heading: "Was nicht automatisch aufgezeichnet wird",
    items: [
      "Was Sie eingeben, etwa in Formulare",
      "Ihre Netzwerkadresse (IP): sie wird nicht aufbewahrt",
      "E-Mail-Adressen, Telefon- und Kartennummern, die in Seitenadressen oder Texten stehen: sie werden unkenntlich gemacht",
    ],
  },
  rights: {
    heading: "Ihre Rechte",
    items: [
      "Einsehen, was über Sie vorliegt, und es als Datei mitnehmen",
      "Es löschen lassen",
      "Ihre Einwilligung widerrufen, für alle oder für einzelne Zwecke",
      "Sich bei Ihrer Datenschutzbehörde beschweren",
    ],
  },
};
