import type { CaptureSink } from "../../ports/environment.js";
import type { RecordingParts } from "./parts.js";
import { NOTHING_TOLD } from "./told.js";

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

export function createCollection(parts: RecordingParts): Collection {
  const { host, device, identity, keeper, model, exposures, delivery, pushes, overriding } = parts;
  const { consent, unlearn, changed, hold, release } = parts;
  const { capture, network, storage } = host.environment;
  let active = null as Period | null;
  let closed = false;
  let stops: ((() => void) | undefined)[] = [];

  const stop = (): void => {
    for (const end of stops.splice(0)) host.attempt(() => end?.());
  };
  const hide = async (leaves = false): Promise<void> => {
    const saved = keeper.save();
    // A page whose database is open is not kept for its return by every browser. It is opened again when it is needed.
    if (leaves) void saved.then(() => host.attempt(() => storage?.close()));
    await Promise.all([delivery.hide(leaves), saved]);
  };

  const load = async (isCurrent: () => boolean): Promise<void> => {
    const [kept] = await Promise.all([keeper.load(), overriding.open(isCurrent)]);
    if (!isCurrent()) return;
    identity.open(kept && kept.visitor);
    // What cannot be gone on from is as good as nothing kept.
    host.attempt(() => {
      if (!kept) return;
      model.load(kept.state, kept.segments, kept.visitor.traits);
      // Where nobody tells any more, nobody would say that it is over.
      model.tell((network?.follow && kept.told) ?? NOTHING_TOLD);
      exposures.load(kept.exposures);
    });
    // What was learned under a consent that no longer holds.
    if (!consent().grants.personalization) unlearn();
  };

  return {
    async begin() {
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
          host.attempt(() => capture?.(sinkOf(parts))),
          host.attempt(() => network?.onHide?.((leaves) => void hide(leaves))),
          host.attempt(pushes.begin),
          host.attempt(delivery.watch),
        ];
        // What an earlier page could not deliver.
        if (storage) void delivery.flush();
      });
      return mine.loaded;
    },
    async end(erase) {
      if (!active && !erase) return;
      active = null;
      stop();
      keeper.cancel();
      delivery.stop();
      identity.clear();
      model.reset();
      exposures.load([]);
      release();
      await Promise.all([device.erase(), overriding.end()]);
    },
    async close() {
      closed = true;
      await active?.loaded;
      stop();
      await hide();
      delivery.close();
      device.close();
    },
  };
}
