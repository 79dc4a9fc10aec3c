import type { CaptureSink } from "../../ports/environment.js";
import { SESSION_GAP } from "../../state/fold-session.js";
import { initialState } from "../../state/initial-state.js";
import type { Kept } from "./kept.js";
import type { RecordingParts } from "./parts.js";

/** The time in which consent allows a visitor to be known: from a grant to a withdrawal. */
export interface Collection {
  /** Reads or makes the visitor, then captures and sends. Resolves when what the device knew is loaded. */
  begin(): Promise<void>;
  /** Stops everything. `erase`: also where nothing had begun, nothing is left behind on the device. */
  end(erase: boolean): Promise<void>;
  /** Stops capture for good, and delivers what is there; what is kept remains. Nothing begins after it. */
  close(): Promise<void>;
}

interface Period {
  loaded: Promise<void>;
}

function sinkOf({ engine, consent }: RecordingParts): CaptureSink {
  const { track, page } = engine();
  return {
    decidedAt: consent().record?.decidedAt ?? null,
    track: (name, properties, context) => void track(name, properties, context ? { context } : {}),
    page: () => void page(),
  };
}

/** @param assigned Tells of what was assigned, while it can still be sent. */
export function createCollection(parts: RecordingParts, assigned: () => void): Collection {
  const { host, device, identity, keeper, model, exposures, delivery, pushes } = parts;
  const { sessions, following, overriding } = parts;
  const { consent, unlearn, changed, hold, release, take } = parts;
  const { capture, network, storage } = host.environment;
  let active = null as Period | null;
  let closed = false;
  let stops: ((() => void) | undefined)[] = [];

  const stop = (): void => {
    for (const end of stops.splice(0)) host.attempt(() => end?.());
  };
  /** Only what ends by itself is begun: a page that is hidden may be about to leave, and what it has not ended would keep the next one waiting. */
  const hide = async (leaves: boolean): Promise<void> => {
    parts.sync();
    if (!active) return;
    assigned();
    const body = keeper.unsaved(identity.visitor()?.id ?? "");
    if (body) void delivery.note({ id: parts.newId(), body });
    if (leaves) {
      keeper.cancel();
      following.leave();
    }
    await Promise.all([delivery.hide(leaves), delivery.written()]);
  };

  const load = async (isCurrent: () => boolean): Promise<void> => {
    let isNew = true;
    const beginning = (kept: Kept | null): Kept => {
      isNew = kept === null;
      // The session under way, of which only memory has known, goes on.
      const { session } = model.state();
      const goesOn = session && host.clock.now() - session.lastAt <= SESSION_GAP;
      return {
        ...(kept ?? { v: 1, state: initialState(), segments: {}, exposures: [] }),
        visitor: identity.found(kept && kept.visitor),
        next: kept?.next ?? (goesOn ? session.id : sessions.coming()),
      };
    };
    const [opened] = await Promise.all([keeper.open(beginning), overriding.open(isCurrent)]);
    const kept = opened ?? beginning(null);
    if (!isCurrent()) return;
    identity.become(kept.visitor);
    // What happened before is remembered by this page alone, unless others have begun.
    if (!isNew) return take(kept);
    sessions.load(kept.next);
    keeper.took(kept);
    // What was learned under a consent that no longer holds.
    if (!consent().grants.personalization) unlearn();
  };
  const stopAll = (): void => {
    active = null;
    stop();
    keeper.cancel();
    delivery.stop();
  };
  const forgetAll = (): void => {
    model.reset();
    exposures.load([]);
    release();
  };

  const begin = async (): Promise<void> => {
    if (active) return active.loaded;
    if (closed) return;
    hold();
    device.open();
    const mine: Period = { loaded: Promise.resolve() };
    active = mine;
    const isCurrent = (): boolean => active === mine;
    mine.loaded = load(isCurrent).then(() => {
      if (!isCurrent()) return;
      changed();
      // What happened while loading comes before what capture says of this page.
      release();
      stops = [
        // First: what a page says that is back comes after what it missed.
        following.begin(beginAgain),
        host.attempt(() => capture?.(sinkOf(parts))),
        host.attempt(() => network?.onHide?.((leaves) => void hide(leaves))),
        host.attempt(pushes.begin),
        host.attempt(delivery.watch),
      ];
      // What an earlier page could not deliver.
      if (storage) void delivery.flush();
    });
    return mine.loaded;
  };
  /** Another page has forgotten the visitor: this one goes on with whoever is next. */
  function beginAgain(): void {
    parts.letGo();
    stopAll();
    forgetAll();
    void begin();
  }

  return {
    begin,
    async end(erase) {
      if (!active && !erase) return;
      stopAll();
      identity.clear();
      forgetAll();
      await Promise.all([device.erase(), overriding.end()]);
    },
    async close() {
      closed = true;
      await active?.loaded;
      assigned();
      stop();
      await Promise.all([keeper.save(), delivery.hide(false)]);
      delivery.close();
      device.close();
    },
  };
}
