import type { Event, EventContext } from "../events/types.js";
import { fnv1a32 } from "../kernel/hash.js";
import { label, positive } from "./label.js";
import { PASSIVE } from "./read-by-name.js";
import { type ArrivalState, Figure, type LearnedState } from "./types.js";

type Page = NonNullable<EventContext["page"]>;

const TRAIL = 8;
/** More active time than this in one report is a broken clock, ms. */
const MOST_ACTIVE = 3_600_000;
const HOST = /^\w+:\/\/(?:www\.)?([^/?#:]+)/;
const SOURCES =
  /^(?:\w+\.){0,2}(?:(google|bing|duckduckgo|yahoo|ecosia|baidu|yandex)\.|(?:facebook|instagram|twitter|x|t|linkedin|reddit|tiktok|youtube)\.com?$)/;

const host = (url = ""): string | null => label(HOST.exec(url.slice(0, 99))?.[1]);

/** The first page of a visit says where it came from; a referrer of the site itself is none. */
function arrive({ campaign }: ArrivalState, { path, url, referrer: from }: Page): ArrivalState {
  const referrer = host(from);
  const away = referrer !== null && referrer !== host(url);
  const known = away && SOURCES.exec(referrer);
  return {
    landing: label(path),
    referrer: away ? referrer : null,
    referrerKind: known ? (known[1] ? "search" : "social") : away ? "other" : "direct",
    campaign,
  };
}

function turnPage(learned: LearnedState, page: Page): void {
  const { figures, trail } = learned;
  const mark = fnv1a32((page.path ?? page.url ?? "").slice(0, 256));
  if (!figures[Figure.SessionPages]++) learned.arrival = arrive(learned.arrival, page);
  if (trail.includes(mark)) figures[Figure.Revisits]++;
  if (mark === trail.at(-2) && mark !== trail.at(-1)) figures[Figure.Backtracks]++;
  figures[Figure.Pages]++;
  figures[Figure.PageDepth] = 0;
  learned.trail = trail.slice(1 - TRAIL).concat(mark);
}

/** What the event says of this session and of its pages. Writes into `learned`, whose figures the caller owns. */
export function foldPage(learned: LearnedState, { name, properties, context }: Event): void {
  const { figures } = learned;
  if (!PASSIVE.test(name)) figures[Figure.SessionInteractions]++;
  if (name === "Page Viewed") turnPage(learned, context.page ?? {});
  else if (name === "Element Clicked") {
    figures[Figure.SessionClicks]++;
    figures[Figure.Clicks]++;
  } else if (name === "Page Scrolled") {
    const depth = positive(properties.depth, 1);
    const further = Math.max(0, depth - figures[Figure.PageDepth]);
    figures[Figure.SessionDepth] = Math.max(figures[Figure.SessionDepth], depth);
    figures[Figure.Depths] += further;
    if (further) figures[Figure.PageDepth] = depth;
  } else if (name === "Page Engaged") {
    const seconds = positive(properties.activeMs, MOST_ACTIVE) / 1000;
    figures[Figure.SessionActive] += seconds;
    figures[Figure.Active] += seconds;
  } else if (name === "Products Searched") figures[Figure.SessionSearches]++;
}

/** Device, language, country and campaign, as far as the event tells them anew. Writes into `learned`. */
export function foldContext(
  learned: LearnedState,
  { device, language, country, campaign }: EventContext,
): void {
  const { visitor, arrival } = learned;
  const type = device?.type ?? visitor.device;
  if (
    type !== visitor.device ||
    (language && language !== visitor.language) ||
    (country && country !== visitor.country)
  ) {
    learned.visitor = {
      device: label(type, 8) as typeof type,
      language: label(language, 16) ?? visitor.language,
      country: label(country, 8) ?? visitor.country,
    };
  }
  if (!campaign) return;
  const source = label(campaign.source, 24);
  const medium = label(campaign.medium, 24);
  const name = label(campaign.name, 24);
  if (source || medium || name) learned.arrival = { ...arrival, campaign: { source, medium, name } };
}
