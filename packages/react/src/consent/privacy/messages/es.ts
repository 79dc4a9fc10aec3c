import type { PrivacyMessages } from "./types.js";

export const privacyEs: PrivacyMessages = {
  lang: "es",
  title: "Sus datos en este sitio",
  intro:
    "Aquí ve lo que este sitio sabe de usted y puede llevárselo, hacer que se elimine y cambiar lo que permite.",
  choice: "Lo que usted permite",
  held: {
    title: "Lo que se sabe de usted",
    nothing: "En este dispositivo solo está guardada su decisión.",
    failed: "No se ha podido leer lo que hay en este dispositivo.",
    visitor: "Su número al azar aquí",
    account: "Su cuenta",
    since: "Primera visita",
    visits: "Visitas",
    segments: "Grupos en los que se le cuenta",
    traits: "Lo que nos ha dicho",
    preferences: "Lo que prefiere",
    events: "Registrado últimamente",
    when: "Cuándo",
    what: "Qué",
    status: "Estado",
    statuses: {
      queued: "por enviar",
      sent: "enviado",
      rejected: "rechazado por el servidor",
      memory: "solo en esta página",
    },
  },
  take: {
    title: "Llevárselo",
    text: "Recibe un archivo (JSON) con todo lo que se guarda sobre usted.",
    button: "Descargar mis datos",
    done: "El archivo se ha guardado.",
    partly:
      "El archivo contiene lo que hay en este dispositivo. El servidor no ha respondido; inténtelo más tarde para el resto.",
    failed: "No se han podido reunir sus datos. Inténtelo más tarde.",
  },
  erase: {
    title: "Eliminarlo",
    text: "Se elimina todo lo que se ha registrado sobre usted, aquí y en el servidor. Lo que usted permite queda como está; puede cambiarlo más arriba.",
    button: "Eliminar mis datos",
    confirm: "No se puede deshacer. ¿Eliminar todo?",
    yes: "Sí, eliminar todo",
    no: "Conservarlo",
    done: "Sus datos se han eliminado.",
    failed: "No se han podido eliminar sus datos. Inténtelo más tarde.",
  },
  busy: "Un momento …",
};
