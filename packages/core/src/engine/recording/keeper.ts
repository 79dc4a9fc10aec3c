import type { Memberships } from "../../segments/types.js";
import { STATE_VERSION, type VisitorState } from "../../state/types.js";
import type { Host } from "../host.js";
import type { Visitor } from "../visitor-traces.js";
import { createAlarm } from "./alarm.js";
import type { Device } from "./device.js";
import type { Told } from "./told.js";

const KEY = "visitor";
const DELAY_MS = 250;

/** What is kept of a visitor on the device, as one value, so that its parts never disagree. */
export interface Kept {
  v: 1;
  visitor: Visitor;
  state: VisitorState;
  segments: Memberships;
  /** What the server had told beside; of pages that heard nothing absent. */
  told?: Told;
  exposures: readonly string[];
}

export interface Keeper {
  /** Null for what this version cannot go on from. */
  load(): Promise<Kept | null>;
  /** Something of it changed: it is written a little later, many changes as one. */
  touch(): void;
  save(): Promise<void>;
  cancel(): void;
}

/** Whether a value from outside is a state this version of the fold can go on from. */
export const isState = (value: unknown): value is VisitorState =>
  typeof value === "object" &&
  value !== null &&
  (value as { v?: unknown }).v === STATE_VERSION &&
  typeof (value as { learned?: unknown }).learned === "object";

export function createKeeper(host: Host, device: Device, read: () => Kept | null): Keeper {
  const alarm = createAlarm(host, () => void save());
  const save = async (): Promise<void> => {
    alarm.cancel();
    const kept = read();
    if (kept && device.status() === "device") await device.use((storage) => storage.set(KEY, kept));
  };
  return {
    async load() {
      const kept = (await device.use((storage) => storage.get(KEY))) as Kept | undefined;
      return kept?.v === 1 && isState(kept.state) ? kept : null;
    },
    touch() {
      if (device.status() === "device") alarm.within(DELAY_MS);
    },
    save,
    cancel: alarm.cancel,
  };
}
