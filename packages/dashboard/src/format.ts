/** Figures as people read them. */
export const count = (value: number): string => value.toLocaleString("en", { maximumFractionDigits: 0 });
/** `1 visitor`, `2 visitors`. */
export const counted = (value: number, one: string): string =>
  `${count(value)} ${one}${value === 1 ? "" : "s"}`;
export const rate = (value: number): string =>
  value.toLocaleString("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
export const percent = (part: number, whole: number): string =>
  whole === 0 ? "–" : `${((part / whole) * 100).toFixed(1)}%`;
/** Pseudonyms are long; the last six characters tell visitors apart on a screen (the first name the key). */
export const short = (pseudonym: string): string => pseudonym.slice(-6);
export const clock = (iso: string): string => new Date(iso).toLocaleTimeString("en-GB");
