import { AttuneError } from "../../kernel/errors.js";
import type { DeviceStorage } from "../../ports/environment.js";
import type { Host } from "../host.js";

/** Device storage behind consent and behind its own failures: closed until opened, and given up for this page at the first failure. */
export interface Device {
  status(): "none" | "device" | "memory";
  /** From now on storage may be used. */
  open(): void;
  /** Undefined where storage is closed, has failed, or was erased meanwhile. */
  use<T>(task: (storage: DeviceStorage) => Promise<T>): Promise<T | undefined>;
  /** Closes, and removes everything. Resolves when that is done (or has failed, which is reported). */
  erase(): Promise<void>;
  /** Storage itself is not closed by this. */
  close(): void;
}

const refused = (cause: unknown): AttuneError =>
  new AttuneError(
    "ATTUNE_ENGINE_STORAGE",
    "The device keeps nothing for this page: its storage is blocked, full or broken. Events wait in the page's memory and are sent from there.",
    { cause },
  );

/** @param erased Storage may not be used before this. */
export function createDevice(host: Host, erased: Promise<void>, changed: () => void): Device {
  const { storage } = host.environment;
  let status: "none" | "device" | "memory" = "none";
  let period = 0;
  let erasing = erased;

  return {
    status: () => status,
    open() {
      status = storage ? "device" : "memory";
    },
    async use(task) {
      const mine = period;
      await erasing;
      if (!storage || status !== "device" || mine !== period) return undefined;
      try {
        const value = await task(storage);
        return mine === period ? value : undefined;
      } catch (error) {
        if (mine === period && status === "device") {
          status = "memory";
          host.report(refused(error));
          changed();
        }
        return undefined;
      }
    },
    erase() {
      period++;
      status = "none";
      if (storage) erasing = erasing.then(() => storage.destroy()).catch(host.report);
      return erasing;
    },
    close() {
      period++;
      status = "none";
    },
  };
}
