import type { PurposeMessages } from "../types.js";

export const purposesEs: PurposeMessages = {
  necessary: { name: "Necesario", description: "Hace que el sitio funcione y recuerda esta decisión." },
  analytics: {
    name: "Estadísticas",
    description: "Cuenta qué páginas se visitan y en qué se hace clic, para ver qué funciona en este sitio.",
  },
  personalization: {
    name: "Contenido personalizado",
    description: "Recuerda en este sitio lo que usted mira, para mostrarle lo que pueda interesarle.",
  },
  marketing: {
    name: "Nuestro propio marketing",
    description: "Registra de qué campaña viene su visita, para elegir y medir las ofertas que le hacemos.",
  },
  advertising: {
    name: "Publicidad en otros sitios",
    description:
      "Comparte lo que usted hace aquí con socios publicitarios, para mostrarle nuestros anuncios en otros lugares.",
  },
};
