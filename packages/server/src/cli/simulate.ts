import { randomUUID } from "node:crypto";
import { parseArgs } from "node:util";
import { AttuneError, type Clock, secureRandom } from "@attune/core";
import { createModels, type Models } from "../models/models.js";
import { FAULTS, type Fault, tryBadVersion, untilTakenBack } from "../simulate/bad-version.js";
import { type BackEnd, withBackEnd } from "./back-end.js";
import { reportTo } from "./failure.js";
import { onInterrupt } from "./interrupted.js";
import { PLACE_OPTIONS, placeWithData } from "./place.js";
import { seconds, type Terminal } from "./terminal.js";
import { UsageError, wholeNumber } from "./usage.js";

const OPTIONS = {
  ...PLACE_OPTIONS,
  "bad-canary": { type: "string" },
  fault: { type: "string", default: "log-odds" },
  share: { type: "string", default: "0.5" },
  seconds: { type: "string", default: "60" },
  site: { type: "string", default: "default" },
} as const;

function faultOf(text: string): Fault {
  const found = FAULTS.find((one) => one === text);
  if (found !== undefined) return found;
  throw new UsageError(`--fault is one of ${FAULTS.join(", ")}.`);
}

function shareOf(text: string): number {
  const value = Number(text);
  if (value > 0 && value < 1) return value;
  throw new UsageError("--share is a number above 0 and below 1.");
}

/** `attune simulate --bad-canary NAME`: puts a version with a fault on trial, beside a server that runs, and waits until that has taken it back. Where it has not, or the command is interrupted, the command does. */
export async function simulateCommand(args: string[], terminal: Terminal): Promise<number> {
  const { values } = parseArgs({ args, options: OPTIONS });
  const { site, "bad-canary": name } = values;
  if (name === undefined)
    throw new UsageError("Say what is to be simulated: attune simulate --bad-canary buys-soon");
  const [fault, share] = [faultOf(values.fault), shareOf(values.share)];
  const waitMs = 1000 * wholeNumber("seconds", values.seconds, 1, 3600);
  const place = await placeWithData(values);
  const report = reportTo(terminal);
  return withBackEnd({ ...place, report }, async (backEnd) => {
    const clock = { now: () => Date.now() };
    const models = modelsOn(backEnd, { clock, site, report });
    const [actor, ended] = ["attune simulate", new AbortController()];
    const stop = onInterrupt(() => ended.abort());
    try {
      const { version } = await tryBadVersion(models, {
        name,
        site,
        fault,
        share,
        actor,
        random: secureRandom,
      });
      if (!values.json)
        terminal.out(`Version ${version.slice(0, 10)} of ${name} is on trial, with a fault: ${fault}.`);
      const began = Date.now();
      const putUp = { site, name, version, actor };
      const end = await untilTakenBack(models, putUp, { waitMs, signal: ended.signal });
      const ms = Date.now() - began;
      if (values.json)
        terminal.out(JSON.stringify({ version, fault, takenBack: end !== null, ms, code: end?.code }));
      else if (end !== null) terminal.out(`Taken back after ${seconds(ms)} (${end.code}): ${end.reason}`);
      else if (ended.signal.aborted) terminal.out("Interrupted: it was taken back by this command.");
      else
        terminal.out(
          `Nobody took it back within ${seconds(ms)}, so this command has: is a server running, and does anybody visit?`,
        );
      return end === null ? 1 : 0;
    } finally {
      stop();
      await models.close();
    }
  });
}

function modelsOn(
  { ports, service }: BackEnd,
  { clock, site, report }: { clock: Clock; site: string; report(error: unknown): void },
): Models {
  return createModels(
    {
      ...{ stores: ports.stores, channel: ports.channel, clock, report },
      ...{ sites: [site], writer: randomUUID() },
      load: () =>
        Promise.reject(new AttuneError("ATTUNE_SERVER_MODEL_LOADER", "This command scores nobody.")),
    },
    () => service,
  );
}
