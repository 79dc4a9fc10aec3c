/** What a masked part is replaced by. None is longer than the shortest text it stands for, so masking never lengthens. */
const MAIL = "[mail]";
const TOKEN = "[token]";
const PHONE = "[phone]";
export const CARD = "[card]";

// All quantifiers are bounded, or their parts cannot match the same character: linear time on any input.
const MAILS =
  /[^\s@<>()[\]",;:/?&=]{1,64}(?:@|%(?:25){0,3}40)[^\s@<>()[\]",;:/?&=%.]{1,63}(?:\.[^\s@<>()[\]",;:/?&=%.]{1,63}){0,7}\.[^\s@<>()[\]",;:/?&=%.]{2,63}/g;
const RUNS = /[\w-]{16,}/g;
const NUMBERS = /(?:\+|%2b)?\d(?:(?:[\s().\/-]|%2[089df]){0,2}\d){6,}/gi;
const UUID = /[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/i;
/** What cards in use begin with (ISO/IEC 7812), and no time or date written in digits. */
const CARDS = /^([3-6]\d{12,18}|2[2-7]\d{14,17})$/;
const DATE = /^(?:(?:19|20)\d\d([-/.])\d\d?\1\d\d?|\d\d?([-/.])\d\d?\2(?:19|20)\d\d)(?:\D\d\d?)?$/;

/**
 * Masks what may point to a person: e-mail addresses, phone and card numbers (13 to 19 digits with a right check digit), and long
 * random-looking tokens. Dates, prices, slugs and words stay. Idempotent; linear in the text's length.
 *
 * @param identifiers The text is an identifier of a thing (`product_id`): only addresses and cards are masked, not numbers or tokens.
 */
export function mask(text: string, identifiers = false): string {
  let masked = text;
  // A mask can lay bare the next one ("a1b2…" beside a masked number): go on until nothing changes, which is nearly always at once.
  for (let pass = 0; pass < 8; pass++) {
    const found = suspicions(masked);
    if (!found) break;
    const before = masked;
    if (found & 1) masked = masked.replace(MAILS, MAIL);
    if (found & 2 && !identifiers) masked = masked.replace(RUNS, (run) => (isToken(run) ? TOKEN : run));
    if (found & 4) masked = masked.replace(NUMBERS, (number) => maskNumber(number, identifiers));
    if (masked === before) break;
  }
  return masked;
}

/** What could be there at all, at a glance: most texts have no `@` (1), short words (2) and few digits (4). */
function suspicions(text: string): number {
  let found = 0;
  let digits = 0;
  let run = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c > 47 && c < 58) {
      if (++digits > 6) found |= 4;
    } else if (c === 64 || c === 37) found |= 1;
    else if (!isLetter(c) && c !== 45 && c !== 95) {
      run = 0;
      continue;
    }
    if (++run > 15) found |= 2;
  }
  return found;
}

const isLetter = (c: number): boolean => (c > 96 && c < 123) || (c > 64 && c < 91);

/** Letters and digits mixed as no word or slug mixes them, or a UUID. */
function isToken(run: string): boolean {
  let all = 0;
  let changes = 0;
  let humps = 0;
  let digits = 0;
  let start = 0;
  let last = 0;
  for (let i = 0; i <= run.length; i++) {
    const c = run.charCodeAt(i);
    const kind = c > 96 ? 1 : c > 64 && c < 91 ? 2 : c < 58 && c > 47 ? 3 : 0;
    if (kind) {
      if (kind === 3) digits++;
      if (last && (kind === 3) !== (last === 3)) changes++;
      if (kind === 2 && last === 1) humps++;
      last = kind;
      continue;
    }
    const size = i - start;
    const mixed = digits * 4 >= size || changes > 3 || (changes + humps) * 3 > size;
    if (size > 15 && changes && mixed) return true;
    all += changes;
    last = changes = humps = digits = 0;
    start = i + 1;
  }
  return all * 5 > run.length || UUID.test(run);
}

function maskNumber(found: string, identifiers: boolean): string {
  const text = found.replace(/%2./g, " ");
  const digits = text.replace(/\D/g, "");
  if (CARDS.test(digits) && passesLuhn(digits)) return CARD;
  const enough = digits.length > (/^(\+|%2b)/i.test(found) ? 6 : 8);
  const sparse = (text.length - digits.length) * 2 > digits.length;
  return identifiers || !enough || sparse || DATE.test(text) ? found : PHONE;
}

/**
 * Whether a JSON number reads as a payment card's: an integer of 13 to 19 digits that begins with 3 to 6 (of 16 digits or more also with
 * 22 to 27) and has a right check digit. Beyond `Number.MAX_SAFE_INTEGER` the last digits are rounded away while what they belong to can
 * still be read: there the beginning and the length decide. Ordinary numbers cost one comparison.
 */
export const isCardNumber = (value: number): boolean =>
  value >= 3e12 && CARDS.test(`${value}`) && (value >= 2 ** 53 || passesLuhn(`${value}`));

/** The check digit of card numbers (ISO/IEC 7812-1, annex B). */
function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits.at(-1 - i)) << (i & 1);
    sum += digit > 9 ? digit - 9 : digit;
  }
  return sum % 10 === 0;
}
