import { purposesEs } from "@attune/core/policy";
import type { ConsentMessages } from "./types.js";

export const es: ConsentMessages = {
  lang: "es",
  title: "Sus datos, su decisión",
  ask: {
    "opt-in":
      "Nos gustaría usar datos sobre su visita para las finalidades que se indican aquí. Nada de eso ocurre sin su consentimiento. El sitio funciona en cualquier caso, y usted puede cambiar de opinión en cualquier momento.",
    "opt-out":
      "Usamos datos sobre su visita para las finalidades que se indican aquí. Usted puede rechazarlo ahora o en cualquier momento; el sitio funciona igual.",
  },
  change:
    "Esto es lo que usted permite ahora. Active o desactive lo que quiera y guarde; el sitio funciona en cualquier caso.",
  again: {
    "policy-changed": "Volvemos a preguntar porque nuestra política de privacidad ha cambiado.",
    "region-changed": "Volvemos a preguntar porque, donde se encuentra ahora, se necesita su consentimiento.",
    "purposes-changed": "Volvemos a preguntar porque las finalidades que se indican aquí han cambiado.",
    expired: "Volvemos a preguntar porque su última decisión fue hace tiempo.",
  },
  acceptAll: "Aceptar todo",
  rejectAll: "Rechazar todo",
  choose: "Elegir por finalidad",
  save: "Guardar mi elección",
  saved: "Su elección se ha guardado.",
  settings: "Ajustes de privacidad",
  close: "Cerrar",
  policy: "Política de privacidad",
  purposesLabel: "Finalidades",
  colon: ": ",
  purposes: purposesEs,
  alwaysOn: "Siempre activo",
  gpc: "Su navegador envía una señal Global Privacy Control. La respetamos y dejamos desactivado:",
  gpcOff: "Desactivado: Global Privacy Control",
};
