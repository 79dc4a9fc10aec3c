const NAME_LIMIT = 64;
/** Names of fields that say of a person what nobody needs to know here, even that it was asked for. */
const SENSITIVE =
  /pass|pwd|secret|token|otp|\bpin\b|cvv|cvc|card|iban|account|routing|sort ?code|ssn|social|national|tax|licen[cs]e|birth|\bdob\b|gender|\bsex|orient|religio|ethnic|race|politic|union|health|medic|diagnos|disab|pregnan|salary|income/i;

const soundsPersonal = (name: string): boolean =>
  SENSITIVE.test(name.replace(/([a-z])([A-Z])/g, "$1 $2").replace(/[_-]+/g, " "));

/** A name as the host gave it for us, else the one that the page has for itself, unless that sounds like something personal. */
export function tellableName(given: string | null, own: string | null): string | null {
  const name = given || (own && !soundsPersonal(own) ? own : null);
  return name ? name.slice(0, NAME_LIMIT) : null;
}
