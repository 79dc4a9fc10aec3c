import type { IdSource } from "../../kernel/ids.js";
import type { Found } from "../../ports/environment.js";
import type { Host } from "../host.js";
import { createAlarm } from "./alarm.js";
import type { Device } from "./device.js";
import { afterwards, type Find, type Happened, type Heard, type Kept, readKept, unlearned } from "./kept.js";
import { NOTHING_TOLD, type Told } from "./told.js";

const KEY = "visitor";
const DELAY_MS = 250;

export interface KeeperOptions {
  host: Host;
  device: Device;
  newId: IdSource;
  /** Names this page in what it notes. */
  page: string;
  find: Find;
  /** Whether what was learned may be kept. */
  mayLearn(): boolean;
  /** What this page has been told; the others may not have heard it. */
  told(): Told;
  /** Other pages have written what this one does not know. */
  behind(): void;
}

/** What the pages of the device keep: read with all that has happened in any of them since it was written, and written by one at a time. */
export interface Keeper {
  /** What is kept, as `make` makes it of what was; from then on that is. Null where the device keeps nothing. */
  open(make: (kept: Kept | null) => Kept): Promise<Kept | null>;
  /** What is kept, where this page does not know it. `absent`: nothing is, as after an erasure. */
  look(): Promise<Kept | "absent" | null>;
  /** This page goes on from here. */
  took(kept: Kept): void;
  /** This is kept from now on, whatever was. */
  replace(kept: Kept): Promise<void>;
  /** Something has happened or changed: it is written a little later, many changes as one. */
  touch(): void;
  /** What only this page knows though it is no event: for a page that leaves to note. Null where that is nothing. */
  unsaved(visitorId: string): Heard | null;
  /** Writes now what there is to write. */
  save(): Promise<void>;
  cancel(): void;
}

export function createKeeper(options: KeeperOptions): Keeper {
  const { host, device, newId, page, find, mayLearn, told, behind } = options;
  const alarm = createAlarm(host, () => void save());
  /** Which writing this page has gone on from, or written itself. */
  let rev: string | undefined;
  /** What this page had been told by then. */
  let heard = NOTHING_TOLD;

  const gathered = ({ value, notes }: Found): Kept | null => {
    let kept = readKept(value);
    if (!kept) return null;
    for (const { body } of notes) kept = afterwards(kept, body as Happened | Heard, find);
    // By the rules of now.
    const segments = find(kept.state, kept.segments, kept.visitor.traits) ?? kept.segments;
    return mayLearn() ? { ...kept, segments } : unlearned({ ...kept, segments });
  };
  const isNews = ({ value, notes }: Found): boolean =>
    readKept(value)?.rev !== rev || notes.some(({ body }) => (body as Happened | Heard).page !== page);

  const merge = async (make: (found: Found) => Kept | undefined): Promise<Kept | null> => {
    alarm.cancel();
    const found = await device.use((storage) =>
      storage.merge(KEY, (before) => {
        const next = make(before);
        return next && { ...next, rev: newId() };
      }),
    );
    return found ? readKept(found.value) : null;
  };
  const save = async (): Promise<void> => {
    if (device.status() !== "device") return;
    const news = told();
    let isBehind = false;
    const kept = await merge((found) => {
      const next = gathered(found);
      isBehind = isNews(found);
      if (!next) return undefined;
      if (news !== heard) next.told = news;
      const isSame = found.notes.length === 0 && JSON.stringify(next) === JSON.stringify(found.value);
      return isSame ? undefined : next;
    });
    if (!kept) return;
    if (isBehind) return behind();
    rev = kept.rev;
    heard = news;
  };

  return {
    open: (make) => merge((found) => make(gathered(found))),
    async look() {
      const found = await device.use((storage) => storage.merge(KEY));
      if (!found) return null;
      if (found.value === undefined) return "absent";
      return isNews(found) ? gathered(found) : null;
    },
    took(kept) {
      rev = kept.rev;
      heard = told();
    },
    async replace(kept) {
      const replaced = await merge(() => kept);
      if (replaced) rev = replaced.rev;
    },
    touch() {
      if (device.status() === "device") alarm.within(DELAY_MS);
    },
    unsaved: (visitorId) => (told() === heard ? null : { page, visitorId, told: told() }),
    save,
    cancel: alarm.cancel,
  };
}
