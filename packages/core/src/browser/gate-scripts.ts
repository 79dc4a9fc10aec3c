import { allowed } from "../consent/allowed.js";
import type { ConsentEngine, Purpose } from "../consent/types.js";
import { safeReport } from "../kernel/safe-report.js";

/** What waits, and what has been taken up is marked with. */
const PURPOSE = "data-attune-purpose";
const TYPE = "data-attune-type";
const TAKEN = "data-attune-activated";
const WAITING = `script[type="text/plain"][${PURPOSE}]:not([${TAKEN}])`;

export interface GateOptions {
  /** Where scripts are looked for (default: the whole document). */
  root?: Document | Element;
  /**
   * The nonce of the page's Content-Security-Policy: only scripts that carry it are run. Needed where the policy says `strict-dynamic`: there
   * whatever this puts into the page may run, so markup that somebody has smuggled in would become script.
   */
  nonce?: string;
  /**
   * The page's Content-Security-Policy says `require-trusted-types-for 'script'`. There no script may be made, so those that wait are copied as they
   * stand; browsers run no copy of one that came by `innerHTML`, as React's do that are not in the server's HTML.
   */
  trustedTypes?: boolean;
  /** Told of scripts that did not load. */
  report?: (error: unknown) => void;
}

/**
 * Runs scripts once their purposes are granted: `<script type="text/plain" data-attune-purpose="analytics">`, with `src` or with its text. Several
 * purposes, with spaces between them, are all needed. A module says `data-attune-type="module"`. Those that are allowed run in their order in the
 * document, each after the one before has loaded or failed, except that nobody waits for one with `async`, or for a module without an address. Nonces are handed on. Each runs once in
 * this document, whatever is granted and withdrawn afterwards, and so does each address; scripts that are put into the document later are found.
 *
 * What has run cannot be taken back: on a withdrawal the script's own switch, or a reload of the page, ends what it does. Starts the engine, so
 * that a refusal kept on the device is known before anything runs.
 *
 * @returns What ends it: nothing that waits is run any more.
 */
export function gateScripts(engine: ConsentEngine, options: GateOptions = {}): () => void {
  const { consent } = engine;
  const { root = document, nonce, trustedTypes = false } = options;
  const report = safeReport(options);
  // What a gate before this one has run counts too.
  const addresses = new Set(
    [...root.querySelectorAll<HTMLScriptElement>(`script[${TAKEN}]`)].map(({ src }) => src),
  );
  let running = false;
  let ended = false;
  engine.start();

  const next = (): HTMLScriptElement | undefined =>
    [...root.querySelectorAll<HTMLScriptElement>(WAITING)].find(
      (script) => (nonce ?? script.nonce) === script.nonce && allowed(consent.state, purposesOf(script)),
    );
  /** One after the other. What is granted or added meanwhile is found before the next, in its place. */
  const run = async (): Promise<void> => {
    if (running) return;
    running = true;
    for (let script = ended ? undefined : next(); script; script = ended ? undefined : next()) {
      script.setAttribute(TAKEN, "");
      const { src } = script;
      if (src && addresses.has(src)) continue;
      addresses.add(src);
      const loaded = activate(script, trustedTypes).catch(report);
      if (!script.hasAttribute("async")) await loaded;
    }
    running = false;
  };
  const look = (): void => void run();

  const observer = new MutationObserver((changes) => {
    if (changes.some(bringScripts)) look();
  });
  observer.observe(root, { childList: true, subtree: true });
  const unsubscribe = consent.subscribe(look);
  look();
  return () => {
    ended = true;
    observer.disconnect();
    unsubscribe();
  };
}

/** Pages change all the time: the document is gone through only for what may be a script that waits. */
const bringScripts = ({ addedNodes }: MutationRecord): boolean =>
  [...addedNodes].some(
    (node) => node instanceof Element && (node.matches(WAITING) || node.querySelector(WAITING) !== null),
  );

/** A word that is no purpose is never granted, so a slip of the pen keeps its script from running. */
const purposesOf = (script: Element): Purpose[] => {
  const words = (script.getAttribute(PURPOSE) ?? "").split(/[\s,]+/).filter(Boolean);
  return (words.length > 0 ? words : [""]) as Purpose[];
};

/** What is not the script's own. */
const OURS = [TAKEN, TYPE, PURPOSE, "type", "id"];

function copied(waiting: HTMLScriptElement): HTMLScriptElement {
  const script = waiting.cloneNode(true) as HTMLScriptElement;
  for (const name of OURS) script.removeAttribute(name);
  return script;
}

function madeAnew(waiting: HTMLScriptElement): HTMLScriptElement {
  const script = document.createElement("script");
  for (const { name, value } of waiting.attributes)
    if (!OURS.includes(name)) script.setAttribute(name, value);
  script.text = waiting.text;
  return script;
}

/** Puts a script that runs behind the one that waited, which stays: whoever rendered it (React) finds its node where it was. */
async function activate(waiting: HTMLScriptElement, copies: boolean): Promise<void> {
  const script = copies ? copied(waiting) : madeAnew(waiting);
  const type = waiting.getAttribute(TYPE);
  if (type) script.type = type;
  // The attribute reads as empty once it is in the document; the property does not.
  if (waiting.nonce) script.nonce = waiting.nonce;
  script.async = waiting.hasAttribute("async");
  await new Promise<void>((resolve, reject) => {
    script.onload = () => resolve();
    script.onerror = () => reject(new Error(`A script did not load: ${script.src}`));
    waiting.after(script);
    // Of a module without an address browsers do not tell when it has run; other text has run by now.
    if (!script.src) resolve();
  });
}
