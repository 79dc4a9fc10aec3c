import type { RandomSource } from "../kernel/random.js";
import type { Cancellation, Pushed } from "../ports/environment.js";
import { readEvents, type ServerEvent } from "./event-stream.js";

const MIN_MS = 500;
const MAX_MS = 60_000;
/** The server says every 15 s that it is there. */
const SILENCE_MS = 45_000;
const ANSWER_MS = 15_000;

export interface LiveOptions {
  /** Of the server, without a trailing slash. */
  base: string;
  headers: Readonly<Record<string, string>>;
  random: RandomSource;
  /** Told why nothing comes: of use to who develops. */
  hint(error: unknown): void;
}

const ask = (options: LiveOptions, path: string, body: object, signal?: AbortSignal): Promise<Response> =>
  fetch(options.base + path, {
    method: "POST",
    headers: { ...options.headers, "content-type": "application/json" },
    body: JSON.stringify(body),
    credentials: "omit",
    referrerPolicy: "origin",
    cache: "no-store",
    ...(signal && { signal }),
  }).then((response) => {
    if (response.ok) return response;
    void response.body?.cancel();
    throw new Error(`${path} answered ${response.status}.`);
  });

function pushedBy({ type, data }: ServerEvent): Pushed | null {
  // Who is new, or was away for too long.
  if (type === "visitors" || type === "gap") return { type: "missed" };
  if (type !== "ruleset" && type !== "segment_change") return null;
  const { version, changes } = JSON.parse(data) as { version: string; changes: readonly never[] };
  return type === "ruleset" ? { type, version } : { type: "segments", changes };
}

/**
 * Hears what is published, and of changes of the visitor's segments where one is named, as long as the page is looked at: connections of one
 * origin are few, and those of pages behind others would hold up everything else. Whoever is named stands in no address.
 *
 * @returns Its end, after which nothing is open.
 */
export function follow(
  options: LiveOptions,
  visitorId: string | null,
  listener: (pushed: Pushed) => void,
): () => void {
  const whose = visitorId === null ? { only: "rulesets" } : { only: "segments", visitorId };
  let current: AbortController | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let last: string | null = null;

  const close = (): void => {
    clearTimeout(timer);
    current?.abort();
    current = null;
  };
  const read = async (mine: AbortController): Promise<void> => {
    let silence: ReturnType<typeof setTimeout> | undefined;
    const heard = (): void => {
      clearTimeout(silence);
      silence = setTimeout(() => mine.abort(), SILENCE_MS);
    };
    heard();
    try {
      const place = last === null ? {} : { lastEventId: last };
      const { body } = await ask(options, "/api/v1/behavioral/stream", { ...whose, ...place }, mine.signal);
      if (!body) return;
      await readEvents(body, (event) => {
        if (current !== mine) return;
        heard();
        failures = 0;
        last = event.id ?? last;
        const pushed = pushedBy(event);
        if (pushed) listener(pushed);
      });
    } finally {
      clearTimeout(silence);
    }
  };
  const open = async (): Promise<void> => {
    if (current || document.visibilityState === "hidden") return;
    const mine = (current = new AbortController());
    clearTimeout(timer);
    await read(mine).catch((error: unknown) => {
      if (current === mine) options.hint(error);
    });
    // Let go of on purpose.
    if (current !== mine) return;
    mine.abort();
    current = null;
    timer = setTimeout(
      () => void open(),
      MIN_MS + options.random() * (Math.min(MAX_MS, MIN_MS * 2 ** ++failures) - MIN_MS),
    );
  };
  const look = (): void => {
    if (document.visibilityState === "hidden") close();
    else void open();
  };

  document.addEventListener("visibilitychange", look);
  addEventListener("pagehide", close);
  addEventListener("pageshow", look);
  void open();
  return () => {
    document.removeEventListener("visibilitychange", look);
    removeEventListener("pagehide", close);
    removeEventListener("pageshow", look);
    close();
  };
}

/** The segments that the server finds the visitor in. */
export async function fetchSegments(
  options: LiveOptions,
  visitor: { id: string; consent: Readonly<Record<string, boolean>> },
  signal: Cancellation,
): Promise<readonly string[]> {
  const mine = new AbortController();
  const abort = (): void => mine.abort();
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort);
  const timer = setTimeout(abort, ANSWER_MS);
  try {
    const answer = await ask(options, "/api/v1/decisions", { visitor, slots: [] }, mine.signal);
    const { segments } = (await answer.json()) as { segments: Readonly<Record<string, number>> };
    return Object.keys(segments);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  }
}
