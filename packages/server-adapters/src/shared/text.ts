/** Text whose UTF-8 form is its own encoding here: no NUL, no U+0001, no surrogate. */
export const PLAIN = /^[\u0002-\ud7ff\ue000-\uffff]*$/;

/**
 * Text as bytes that compare as its UTF-16 code units do, for every JavaScript string. UTF-8, except that each half
 * of a surrogate pair is encoded by itself (CESU-8, Unicode Technical Report 26; UTF-8 would put U+1F600 after U+FB01),
 * and that NUL and U+0001 become `01 01` and `01 02`, which leaves the byte 00 free as a separator below all text.
 */
export function encodeText(text: string): Buffer {
  if (PLAIN.test(text)) return Buffer.from(text, "utf8");
  const bytes: number[] = [];
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x02) bytes.push(0x01, unit + 1);
    else if (unit < 0x80) bytes.push(unit);
    else if (unit < 0x800) bytes.push(0xc0 | (unit >> 6), 0x80 | (unit & 0x3f));
    else bytes.push(0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f));
  }
  return Buffer.from(bytes);
}

/** The inverse of {@link encodeText}. */
export function decodeText(bytes: Buffer): string {
  // ED begins what UTF-8 has no character for; 01 begins an escape.
  if (!bytes.includes(0xed) && !bytes.includes(0x01)) return bytes.toString("utf8");
  const units: string[] = [];
  for (let i = 0; i < bytes.length; ) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(i, i + 3);
    const length = a === 0x01 ? 2 : a < 0x80 ? 1 : a < 0xe0 ? 2 : 3;
    const unit =
      a === 0x01
        ? b - 1
        : length === 1
          ? a
          : length === 2
            ? ((a & 0x1f) << 6) | (b & 0x3f)
            : ((a & 0xf) << 12) | ((b & 0x3f) << 6) | (c & 0x3f);
    units.push(String.fromCharCode(unit));
    i += length;
  }
  return units.join("");
}
