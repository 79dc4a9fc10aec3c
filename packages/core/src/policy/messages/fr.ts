import type { PolicyMessages } from "../types.js";
import { purposesFr } from "./purposes-fr.js";

export const policyFr: PolicyMessages = {
  lang: "fr",
  title: "Ce que ce site fait de vos données",
  who: {
    heading: "Qui est responsable",
    text: "{name} exploite ce site et répond de ce qui est décrit ici. Pour nous joindre\u00a0: {contact}",
  },
  choice: {
    heading: "Votre choix",
    "opt-in":
      "Seul ce qui est nécessaire est conservé ou utilisé tant que vous n’avez pas donné votre accord.",
    "opt-out": "Ce qui est décrit ici a lieu tant que vous ne dites pas non.",
    both: "Là où la loi demande votre accord, seul ce qui est nécessaire est conservé ou utilisé tant que vous ne l’avez pas donné. Ailleurs, les données sont utilisées tant que vous ne dites pas non.",
    change:
      "Vous pouvez accepter chaque finalité séparément et changer d’avis à tout moment dans les paramètres de confidentialité. Le site fonctionne dans tous les cas. Si vous retirez votre accord pour tout, ce qui était conservé sur votre appareil est aussitôt supprimé.",
    again: "Votre choix vaut {time}\u00a0; ensuite, la question vous est posée de nouveau.",
    gpc: "Si votre navigateur envoie un signal Global Privacy Control, ceci reste désactivé\u00a0: {purposes}.",
  },
  purposes: purposesFr,
  recorded: "Ce qui est enregistré",
  learned: "Ce qui en est déduit",
  shared: "Qui d’autre le reçoit",
  event: { bare: "«\u00a0{name}\u00a0»", with: "«\u00a0{name}\u00a0», avec\u00a0: {properties}" },
  sealed: "chiffré",
  campaign: "De quelle campagne vient votre visite, d’après le lien que vous avez suivi",
  groups: {
    recorded: {
      pages: "Quelles pages vous ouvrez et de quel site vous venez",
      clicks: "Sur quels liens et boutons vous cliquez",
      trouble: "Les clics qui restent sans effet ou que vous répétez rapidement",
      scrolling: "Jusqu’où vous descendez dans une page",
      attention: "Combien de temps vous êtes actif sur une page",
      views: "Quelles parties repérées d’une page s’affichent à l’écran",
      hovering: "Sur quelles parties repérées d’une page votre pointeur s’arrête",
      forms: "Que vous commencez, envoyez ou abandonnez un formulaire\u00a0; jamais ce que vous y saisissez",
      copying: "Que vous copiez quelque chose\u00a0; jamais quoi",
      leaving: "Les signes que vous êtes sur le point de quitter une page",
      technical: "La vitesse à laquelle les pages se chargent chez vous, et les erreurs qui s’y produisent",
      searches: "Ce que vous cherchez dans la boutique",
      products: "Quels produits et quelles listes de produits vous regardez",
      cart: "Ce que vous mettez au panier et ce que vous en retirez",
      orders: "Que vous passez à la caisse, et ce que vous commandez",
      account: "Que vous vous connectez, et l’identifiant de votre compte",
      variants: "Quelle version d’une partie de page vous avez vue",
      choice: "Le choix que vous faites pour vos données",
    },
    learned: {
      visits: "Si vous venez souvent et régulièrement",
      reading: "Combien de pages vous lisez, jusqu’où et combien de temps",
      actions: "Si vous cliquez et cherchez beaucoup",
      origin: "Si une campagne ou un moteur de recherche vous a amené",
      device: "Si vous utilisez un téléphone mobile",
      products: "Quels types de produits vous intéressent, et à quels prix",
      cart: "Ce que contient votre panier, et depuis quand",
      orders: "Combien de fois et pour quel montant vous avez commandé",
    },
  },
  device: {
    heading: "Ce qui est conservé sur votre appareil",
    text: "Sans votre accord, ou une fois que vous l’avez retiré, seul le premier de ces éléments s’y trouve.",
    head: ["Quoi", "Pour quoi", "Combien de temps"],
    consent: "Retient votre choix. Ne contient aucun identifiant.",
    visitor: "Un numéro tiré au hasard, par lequel ce site sait que vos visites vont ensemble.",
    database: "Ce qui attend d’être envoyé et ce qui a été déduit jusqu’ici.",
    withdrawn: "jusqu’au retrait de votre accord",
    token:
      "La clé qui vous permet de voir et de supprimer ce qui est conservé à votre sujet. Les scripts ne peuvent pas la lire.",
    overrides: "Les variantes de la page qu’une personne chargée de la vérifier a demandé à voir.",
    tab: "jusqu’à la fermeture de l’onglet",
  },
  kept: {
    heading: "Combien de temps c’est conservé",
    text: "Ce qui est enregistré est supprimé {time} après sa réception, ou dès que vous le demandez.",
  },
  never: {
    heading: "Ce qui n’est pas enregistré automatiquement",
    items: [
      "Ce que vous tapez, par exemple dans des formulaires",
      "Votre adresse réseau (IP)\u00a0: elle n’est pas conservée",
      "Les adresses électroniques, numéros de téléphone et de carte qui figurent dans des adresses de pages ou des textes\u00a0: ils sont masqués",
    ],
  },
  rights: {
    heading: "Vos droits",
    items: [
      "Voir ce qui est détenu sur vous, et l’emporter dans un fichier",
      "Le faire supprimer",
      "Retirer votre accord, pour tout ou pour une seule finalité",
      "Vous plaindre auprès de votre autorité de protection des données",
    ],
  },
};
