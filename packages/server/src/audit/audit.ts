import { randomUUID } from "node:crypto";
import type { Browser } from "playwright-core";
import { VERSION } from "../version.js";
import { judge } from "./judge.js";
import { plant } from "./markers.js";
import { ownNeeds, rulesetNeed, type Statement } from "./statement.js";
import { planOf } from "./states.js";
import type { Audit, StateName, Visit } from "./types.js";
import { visit } from "./visit.js";

export interface AuditOptions {
  browser: Browser;
  url: string;
  statement: Statement;
  /** Where the statement was read from, and the SHA-256 of its bytes; null where there is none. */
  file: { name: string; sha256: string } | null;
  states: readonly StateName[];
  links: number;
  /** How long each state is watched at least, seconds. */
  seconds: number;
  now(): number;
  /** How many visits go on at once. */
  atOnce: number;
  /** Told when a visit begins, with how many have ended. */
  onState(state: StateName, ended: number): void;
}

/**
 * Visits a page once in each state, each time as somebody new, and judges what was seen.
 *
 * @throws AttuneError `ATTUNE_AUDIT_PAGE` where the page, or one that it leads to, cannot be opened.
 */
export async function audit(options: AuditOptions): Promise<Audit> {
  const { browser, url, statement, file, states, links, seconds, atOnce, now, onState } = options;
  const { consent, region } = statement;
  const startedAt = now();
  const visits: Visit[] = [];
  const waiting = [...states];
  const goOn = async (): Promise<void> => {
    for (let state = waiting.shift(); state !== undefined; state = waiting.shift()) {
      onState(state, visits.length);
      const plan = planOf(state, consent, { region, at: now() });
      const markers = plant(randomUUID().replaceAll("-", "").slice(0, 16));
      visits.push(await visit({ browser, url, statement, plan, markers, links, ms: seconds * 1000 }));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, goOn));
  visits.sort((a, b) => states.indexOf(a.state) - states.indexOf(b.state));
  const { origin, pathname } = new URL(url);
  return {
    format: "attune-audit",
    version: 1,
    ...judge(visits, statement, url),
    // A query may hold what is nobody's business but the visitor's.
    url: origin + pathname,
    startedAt: new Date(startedAt).toISOString(),
    endedAt: new Date(now()).toISOString(),
    browser: `Chromium ${browser.version()}`,
    attune: VERSION,
    policy: {
      version: consent.version,
      mode: consent.mode ?? "opt-in",
      region,
      file: file?.name ?? null,
      sha256: file?.sha256 ?? null,
    },
    decidedBy: typeof statement.decideBy === "string" ? statement.decideBy : "clicks",
    secondsPerState: seconds,
    states,
    visits: visits.map(({ state, steps, doubts }) => ({ state, steps, doubts })),
    needs: [...statement.needs, ...ownNeeds(statement), rulesetNeed(statement)],
  };
}
