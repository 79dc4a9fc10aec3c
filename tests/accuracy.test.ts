import { expect, it } from "vitest";
import { accuracy } from "../scripts/prove/accuracy.mjs";
import { noChromium } from "./support/chromium.js";

/** The short form of what `npm run prove -- accuracy` does with 2,500 interactions. */
it.skipIf(noChromium !== null)(
  "interactions by real input arrive at a real server, each once and with right values, in order",
  async () => {
    const report = await accuracy({ interactions: 100, isQuick: true });
    expect(report.missing).toEqual([]);
    expect(report.surplus).toEqual([]);
    expect(report).toMatchObject({ problems: [], pageErrors: [], inOrder: true });
    expect(report.right).toBeGreaterThan(90);
  },
);
