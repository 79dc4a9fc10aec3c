import type { PolicyMessages } from "../types.js";
import { purposesEs } from "./purposes-es.js";

export const policyEs: PolicyMessages = {
  lang: "es",
  title: "Qué hace este sitio con sus datos",
  who: {
    heading: "Quién es responsable",
    text: "{name} gestiona este sitio y responde de lo que aquí se describe. Contacto: {contact}",
  },
  choice: {
    heading: "Su decisión",
    "opt-in": "Solo se guarda o se usa lo necesario mientras usted no dé su consentimiento.",
    "opt-out": "Lo que aquí se describe ocurre mientras usted no diga que no.",
    both: "Donde la ley pide su consentimiento, solo se guarda o se usa lo necesario mientras usted no lo dé. En otros lugares se usan los datos mientras usted no diga que no.",
    change:
      "Puede aceptar cada finalidad por separado y cambiar de opinión en cualquier momento en los ajustes de privacidad. El sitio funciona en cualquier caso. Si retira su consentimiento para todo, se elimina al momento lo que estaba guardado en su dispositivo.",
    again: "Su decisión vale {time}; después se le pregunta de nuevo.",
    gpc: "Si su navegador envía una señal Global Privacy Control, permanece desactivado: {purposes}.",
  },
  purposes: purposesEs,
  recorded: "Qué se registra",
  learned: "Qué se deduce de ello",
  shared: "Quién más lo recibe",
  event: { bare: "«{name}»", with: "«{name}», con: {properties}" },
  sealed: "cifrado",
  campaign: "De qué campaña viene su visita, según el enlace que siguió",
  groups: {
    recorded: {
      pages: "Qué páginas abre y de qué sitio viene",
      clicks: "En qué enlaces y botones hace clic",
      trouble: "Los clics que no tienen efecto o que repite con rapidez",
      scrolling: "Hasta dónde baja en una página",
      attention: "Cuánto tiempo está activo en una página",
      views: "Qué partes señaladas de una página llegan a verse",
      hovering: "Sobre qué partes señaladas de una página se detiene su puntero",
      forms: "Que empieza, envía o abandona un formulario; nunca lo que escribe en él",
      copying: "Que copia algo; nunca qué",
      leaving: "Las señales de que está a punto de salir de una página",
      technical: "La rapidez con que se cargan las páginas y los errores que se producen en ellas",
      searches: "Qué busca en la tienda",
      products: "Qué productos y listas de productos mira",
      cart: "Qué pone en el carrito y qué saca de él",
      orders: "Que pasa por caja y qué encarga",
      account: "Que inicia sesión, y el identificador de su cuenta",
      variants: "Qué versión de una parte de la página ha visto",
      choice: "La decisión que toma sobre sus datos",
    },
    learned: {
      visits: "Con qué frecuencia y regularidad viene",
      reading: "Cuántas páginas lee, hasta dónde y cuánto tiempo",
      actions: "Cuánto hace clic y busca",
      origin: "Si llegó por una campaña o por un buscador",
      device: "Si usa un teléfono móvil",
      products: "Qué tipos de productos le interesan y a qué precios",
      cart: "Qué hay en su carrito y desde cuándo",
      orders: "Cuántas veces y por cuánto ha encargado",
    },
  },
  device: {
    heading: "Qué se guarda en su dispositivo",
    text: "Sin su consentimiento, o una vez retirado, solo está lo primero.",
    head: ["Qué", "Para qué", "Cuánto tiempo"],
    consent: "Recuerda su decisión. No contiene ningún identificador.",
    visitor: "Un número al azar por el que este sitio sabe que sus visitas van juntas.",
    database: "Lo que está por enviar y lo que se ha deducido hasta ahora.",
    withdrawn: "hasta que lo retire",
    token:
      "La clave con la que puede ver y eliminar lo que se guarda sobre usted. Los scripts no pueden leerla.",
    overrides: "Qué variantes de la página pidió ver quien la revisa.",
    tab: "hasta que cierre la pestaña",
  },
  kept: {
    heading: "Cuánto tiempo se conserva",
    text: "Lo que se registra se elimina {time} después de recibirse, o en cuanto usted lo pida.",
  },
  never: {
    heading: "Qué no se registra automáticamente",
    items: [
      "Lo que usted escribe, por ejemplo en formularios",
      "Su dirección de red (IP): no se conserva",
      "Direcciones de correo, números de teléfono y de tarjeta que aparecen en direcciones de páginas o textos: se ocultan",
    ],
  },
  rights: {
    heading: "Sus derechos",
    items: [
      "Ver lo que se tiene sobre usted y llevárselo en un archivo",
      "Hacer que se elimine",
      "Retirar su consentimiento, para todo o para una sola finalidad",
      "Reclamar ante su autoridad de protección de datos",
    ],
  },
};
