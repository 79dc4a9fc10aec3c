import { purposesFr } from "@attune/core/policy";
import type { ConsentMessages } from "./types.js";

export const fr: ConsentMessages = {
  lang: "fr",
  title: "Vos données, votre choix",
  ask: {
    "opt-in":
      "Nous souhaitons utiliser des données sur votre visite pour les finalités indiquées ici. Rien de cela n’a lieu sans votre accord. Le site fonctionne dans tous les cas, et vous pouvez changer d’avis à tout moment.",
    "opt-out":
      "Nous utilisons des données sur votre visite pour les finalités indiquées ici. Vous pouvez refuser, maintenant ou à tout moment\u00a0; le site fonctionne de la même façon.",
  },
  change:
    "Voici ce que vous autorisez actuellement. Activez ou désactivez ce que vous voulez, puis enregistrez\u00a0; le site fonctionne dans tous les cas.",
  again: {
    "policy-changed":
      "Nous vous posons de nouveau la question, car notre politique de confidentialité a changé.",
    "region-changed":
      "Nous vous posons de nouveau la question, car votre accord est nécessaire là où vous vous trouvez maintenant.",
    "purposes-changed":
      "Nous vous posons de nouveau la question, car les finalités indiquées ici ont changé.",
    expired: "Nous vous posons de nouveau la question, car votre dernier choix remonte à quelque temps.",
  },
  acceptAll: "Tout accepter",
  rejectAll: "Tout refuser",
  choose: "Choisir par finalité",
  save: "Enregistrer mon choix",
  saved: "Votre choix est enregistré.",
  settings: "Paramètres de confidentialité",
  close: "Fermer",
  policy: "Politique de confidentialité",
  purposesLabel: "Finalités",
  colon: "\u00a0: ",
  purposes: purposesFr,
  alwaysOn: "Toujours actif",
  gpc: "Votre navigateur envoie un signal Global Privacy Control. Nous le respectons et laissons désactivé\u00a0:",
  gpcOff: "Désactivé\u00a0: Global Privacy Control",
};
