import type { PrivacyMessages } from "./types.js";

export const privacyFr: PrivacyMessages = {
  lang: "fr",
  title: "Vos données sur ce site",
  intro:
    "Vous voyez ici ce que ce site sait de vous, pouvez l’emporter, le faire supprimer et changer ce que vous autorisez.",
  choice: "Ce que vous autorisez",
  held: {
    title: "Ce que l’on sait de vous",
    nothing: "Seul votre choix est conservé sur cet appareil.",
    failed: "Ce qui est conservé sur cet appareil n’a pas pu être lu.",
    visitor: "Votre numéro tiré au hasard",
    account: "Votre compte",
    since: "Première visite",
    visits: "Visites",
    segments: "Groupes dont vous faites partie",
    traits: "Ce que vous nous avez dit",
    preferences: "Ce que vous préférez",
    events: "Enregistré récemment",
    when: "Quand",
    what: "Quoi",
    status: "État",
    statuses: {
      queued: "en attente d’envoi",
      sent: "envoyé",
      rejected: "refusé par le serveur",
      memory: "dans cette page seulement",
    },
  },
  take: {
    title: "L’emporter",
    text: "Vous recevez un fichier (JSON) avec tout ce qui est conservé sur vous.",
    button: "Télécharger mes données",
    done: "Le fichier est enregistré.",
    partly:
      "Le fichier contient ce qui se trouve sur cet appareil. Le serveur n’a pas répondu\u00a0; réessayez plus tard pour le reste.",
    failed: "Vos données n’ont pas pu être rassemblées. Veuillez réessayer plus tard.",
  },
  erase: {
    title: "Le supprimer",
    text: "Tout ce qui a été enregistré sur vous est supprimé, ici et sur le serveur. Ce que vous autorisez reste tel quel\u00a0; vous pouvez le changer plus haut.",
    button: "Supprimer mes données",
    confirm: "Il n’y a pas de retour en arrière. Tout supprimer\u00a0?",
    yes: "Oui, tout supprimer",
    no: "Conserver",
    done: "Vos données sont supprimées.",
    failed: "Vos données n’ont pas pu être supprimées. Veuillez réessayer plus tard.",
  },
  busy: "Un instant …",
};
