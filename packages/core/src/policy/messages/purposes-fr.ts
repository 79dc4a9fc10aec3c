import type { PurposeMessages } from "../types.js";

export const purposesFr: PurposeMessages = {
  necessary: { name: "Nécessaire", description: "Fait fonctionner le site et retient ce choix." },
  analytics: {
    name: "Statistiques",
    description: "Compte les pages visitées et les clics, pour voir ce qui marche sur ce site.",
  },
  personalization: {
    name: "Contenu personnalisé",
    description: "Retient sur ce site ce que vous regardez, pour vous montrer ce qui vous convient.",
  },
  marketing: {
    name: "Notre propre marketing",
    description:
      "Retient de quelle campagne vient votre visite, pour choisir et mesurer les offres que nous vous faisons.",
  },
  advertising: {
    name: "Publicité sur d’autres sites",
    description:
      "Transmet ce que vous faites ici à des partenaires publicitaires, pour vous montrer nos annonces ailleurs.",
  },
};
