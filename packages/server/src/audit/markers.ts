import { createHash } from "node:crypto";

/** A value that stands for a piece of personal data, and how it was planted. */
export interface Marker {
  /** In words, for the report. */
  name: string;
  value: string;
}

/** What is planted in one visit; no two visits have the same, and none of it is anybody's. */
export interface Markers {
  inAddress: { email: Marker; token: Marker };
  inReferrer: Marker;
  typed: { email: Marker; text: Marker; phone: Marker; card: Marker };
  inText: Marker;
}

/**
 * Makes the planted values of a visit.
 *
 * @param random 16 or more letters and digits, made by chance.
 */
export function plant(random: string): Markers {
  const digits = [...random].map((letter) => letter.charCodeAt(0) % 10).join("");
  const mail = (part: string): string => `${part}.${random}@planted.example`;
  return {
    inAddress: {
      email: { name: "e-mail address (in the page's address)", value: mail("address") },
      token: { name: "token (in the page's address)", value: `tok-${random}` },
    },
    inReferrer: { name: "e-mail address (in the referrer)", value: mail("referrer") },
    typed: {
      email: { name: "e-mail address (typed into a field)", value: mail("typed") },
      text: { name: "text (typed into a field)", value: `Typed ${random}` },
      phone: { name: "phone number (typed into a field)", value: `+49 30 ${digits.slice(0, 8)}` },
      card: { name: "card number (typed into a field)", value: cardNumber(digits.slice(0, 8)) },
    },
    inText: { name: "e-mail address (in the text of a clicked button)", value: mail("text") },
  };
}

/** A number that passes the check digit of payment cards, from the range for tests. */
function cardNumber(digits: string): string {
  const body = `4111111${digits}`;
  let sum = 0;
  [...body].reverse().forEach((digit, index) => {
    const value = Number(digit) * (index % 2 === 0 ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  });
  return `${body}${(10 - (sum % 10)) % 10}`;
}

export const markersOf = ({ inAddress, inReferrer, typed, inText }: Markers): Marker[] => [
  ...Object.values(inAddress),
  inReferrer,
  ...Object.values(typed),
  inText,
];

/**
 * Finds planted values in what was stored or sent: as they are, percent- or form-encoded, JSON-escaped, in base64, or as the MD5, SHA-1 or
 * SHA-256 that advertisers know people by. Linear in the text for each form.
 */
export function createFinder(markers: readonly Marker[]): (texts: readonly string[]) => string[] {
  const forms = markers.map(({ name, value }) => ({ name, forms: formsOf(value) }));
  return (texts) => {
    const low = texts.map((text) => text.toLowerCase());
    return forms
      .filter((marker) =>
        marker.forms.some(({ text, exact }) => (exact ? texts : low).some((given) => given.includes(text))),
      )
      .map(({ name }) => name);
  };
}

function formsOf(value: string): { text: string; exact: boolean }[] {
  const lower = value.toLowerCase();
  const encoded = encodeURIComponent(value).toLowerCase();
  const plain = [lower, encoded, encoded.replaceAll("%20", "+"), lower.replace(/[\s+]/g, "")];
  const hashes = ["md5", "sha1", "sha256"].map((name) => createHash(name).update(lower).digest("hex"));
  return [
    ...[...plain, ...hashes].map((text) => ({ text, exact: false })),
    ...base64Of(value).map((text) => ({ text, exact: true })),
  ];
}

/** What base64 makes of it wherever in a text it begins, without the letters that its neighbours share. */
const base64Of = (value: string): string[] =>
  [0, 1, 2].map((shift) => {
    const bytes = Buffer.concat([Buffer.alloc(shift), Buffer.from(value)]);
    const text = bytes.toString("base64").replace(/=+$/, "");
    return text.slice(shift === 0 ? 0 : shift + 1, text.length - 1);
  });
