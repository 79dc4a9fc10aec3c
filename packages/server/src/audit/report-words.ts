import type { Act, Audit, Level, Row } from "./types.js";

/** The report's texts, in one place. */
export const OUTCOME_WORDS: Readonly<
  Record<Audit["outcome"], readonly [mark: string, name: string, text: string]>
> = {
  pass: ["✓", "Passed", "In the states that were visited nothing was found that consent did not cover."],
  fail: ["✗", "Failed", "Something was stored, sent or read that consent did not cover."],
  unclear: [
    "?",
    "Not settled",
    "Nothing was found that consent did not cover, but not everything could be judged. See what is not clear below.",
  ],
};

export const LEVEL_WORDS: Readonly<Record<Level, readonly [mark: string, name: string, style: string]>> = {
  violation: ["✗", "Must not be", "violation"],
  unclear: ["?", "Not clear", "unsure"],
  undeclared: ["!", "Not declared", "undeclared"],
  note: ["·", "To be known", "soft"],
};

export const GROUP_WORDS: Readonly<Record<Row["group"], readonly [title: string, text: string]>> = {
  stored: [
    "What was stored on the device",
    "Cookies, local and session storage, databases, caches and service workers, also those that only lay there.",
  ],
  sent: [
    "What was sent",
    "Every request and socket, to which address (without its query; a path alone is one of the page's own host), and how much was in the bodies of all of them together.",
  ],
  read: [
    "What was looked for on the device",
    "Names that scripts asked for, whether or not there was anything.",
  ],
};

export const ACT_WORDS: Readonly<Record<Act, string>> = {
  write: "stored",
  remains: "was there",
  read: "looked for",
  send: "sent",
  open: "stayed open",
};

export const DECIDED_WORDS: Readonly<Record<string, string>> = {
  record: "as another tab of the site would tell the page, over its own channel",
  banner: "by clicks in Attune's banner",
  clicks: "by the clicks that the policy file names",
};

export const RULES: readonly string[] = [
  "While nobody has decided where consent is asked for, after a refusal and after a withdrawal: nothing is stored, looked for or sent but what is declared strictly necessary, or is a part of the page from its own host.",
  "Where some purposes are granted: nothing that is declared to need others. What is declared to need several needs any one of them.",
  "With Global Privacy Control on: nothing that needs a purpose which the policy says it denies, also where that was granted.",
  "In no state: planted e-mail addresses, phone and card numbers, tokens and texts in what is stored or sent, plain, encoded or hashed, unless it is declared to hold them.",
];

export const LIMITS: readonly string[] = [
  "It was one browser (Chromium), one machine and one network address, at one time. Sites may behave otherwise elsewhere, later, to who is signed in, or to who does not look like a machine.",
  "Only the pages named under “What was done” were visited. Nothing was submitted, bought or signed into.",
  "What the page's scripts did was seen by functions put in place of the browser's own. Scripts that get at these by a way around them, and what is read by localStorage.name instead of getItem, are seen only by what is left on the device or sent.",
  "Requests were seen as the browser tells of them. On being left, a page was first told so by events while it could be watched; what it did only in the moment in which it was really gone is not seen.",
  "What shared workers send, connections that are only prepared (preconnect, DNS), reports that the browser itself sends later, and recognition by the browser's caches (ETag) are not seen. That a shared worker was started is told of.",
  "document.cookie gives all cookies at once: which of them a script looked for cannot be told.",
  "What is recognised in what was sent is what had been planted. Other personal data, own ways of encoding or encryption, and recognition by traits of the device (fingerprinting) are not found.",
  "A request of the page's own host for one of its parts counts as necessary unless it carries a value that is kept on the device or was planted. The host itself may note more than the page sends.",
  "Whether a purpose that is declared is the true one, whether what is called necessary is so in law, and whether consent was asked for fairly is for people to judge. This is a technical finding, no legal advice.",
];
