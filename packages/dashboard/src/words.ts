const NOTHING = "nothing special yet";

/** What a visit looks like, in words. That a visitor is new to the server's memory says nothing yet about the visit. */
const PATTERNS: Readonly<Record<string, string | undefined>> = {
  "new-visitor": NOTHING,
  browser: "looking around",
  researcher: "comparing closely",
  undecided: "going back and forth",
  "bargain-hunter": "hunting for reductions",
  "cart-abandoner": "leaving a full bag",
  "returning-buyer": "buying again",
  regular: "a regular's visit",
};

const plain = (name: string): string => name.replace(/-/g, " ");

export const patternWords = (pattern: string | null): string =>
  pattern === null ? NOTHING : (PATTERNS[pattern] ?? plain(pattern));

export const segmentWords = (segments: readonly string[] | null): string =>
  segments === null || segments.length === 0 ? "–" : segments.map(plain).join(", ");
