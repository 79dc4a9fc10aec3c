import type { StorageShare } from "../../ports/environment.js";
import type { Host } from "../host.js";
import type { Device } from "./device.js";
import type { Delivery } from "./delivery.js";
import type { Keeper } from "./keeper.js";
import type { Kept } from "./kept.js";
import type { VisitorModel } from "./visitor-model.js";

export interface FollowingOptions {
  host: Host;
  device: Pick<Device, "status">;
  keeper: Pick<Keeper, "look">;
  model: Pick<VisitorModel, "state">;
  delivery: Pick<Delivery, "written">;
  /** Calls wait from here … */
  hold(): void;
  /** … to here. */
  release(): void;
  /** Goes on from what all pages keep. */
  take(kept: Kept): void;
}

/** What happens in other pages of the device holds in this one too: pages tell each other to look, and find it on the device. */
export interface Following {
  /**
   * @param onErased Nothing is kept any more: another page has forgotten the visitor.
   * @returns The end of it.
   */
  begin(onErased: () => void): () => void;
  /** Something has happened here: the others look, once it is on the device; those that a leaving page tells find it there soon enough. */
  tell(stored?: Promise<unknown>): Promise<void>;
  /** The page leaves: it may not be there any more when something is stored. */
  leave(): void;
  /** Looks now. Resolves when this page is as the device is. */
  look(): Promise<void>;
}

export function createFollowing(options: FollowingOptions): Following {
  const { host, device, keeper, model, delivery, hold, release, take } = options;
  let others: StorageShare | undefined;
  let erased: (() => void) | null = null;
  let looking: Promise<void> | null = null;
  let again = false;
  let leaves = false;

  const run = async (): Promise<void> => {
    do {
      again = false;
      // What this page knows must be on the device, or it would be forgotten.
      await delivery.written();
      const before = model.state();
      const kept = await keeper.look();
      if (!erased) return;
      if (model.state() !== before) again = true;
      else if (kept === "absent") return erased();
      else if (kept) take(kept);
    } while (again);
  };
  const look = (): Promise<void> => {
    again = true;
    return (looking ??= run().finally(() => {
      looking = null;
    }));
  };

  return {
    begin(onErased) {
      erased = onErased;
      others = host.attempt(() =>
        host.environment.storage?.share?.((missed) => {
          if (!missed) return void look();
          leaves = false;
          // What happens in a page that is back goes on from what happened while it was away.
          hold();
          void look().then(release);
        }),
      );
      return () => {
        erased = null;
        others?.end();
        others = undefined;
      };
    },
    async tell(stored) {
      if (!leaves) await stored;
      if (device.status() === "device") host.attempt(() => others?.tell());
    },
    leave() {
      leaves = true;
      host.attempt(() => others?.tell());
      void delivery.written().then(() => host.attempt(() => others?.rest()));
    },
    look,
  };
}
