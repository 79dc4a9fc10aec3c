import { describe } from "vitest";
import { leavingSuite } from "../../../test/leaving-visitors.js";
import { memoryLog, memoryStore } from "../../memory/index.js";

describe("T30 a visitor's last event past its retention, in memory", () => {
  leavingSuite(
    async (clock) => ({
      hot: memoryStore({ clock }),
      log: memoryLog({ clock }),
      close: async () => undefined,
    }),
    { histories: Number(process.env.ATTUNE_HISTORIES ?? 30) },
  );
});
