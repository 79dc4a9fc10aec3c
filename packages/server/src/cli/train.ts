import { randomUUID } from "node:crypto";
import { parseArgs } from "node:util";
import { AttuneError } from "@attune/core";
import { createModelRegistry } from "@attune/ml/registry";
import { days, labelWords, type TrainingLabel } from "@attune/ml/table";
import { fitInThread } from "../models/fit-in-thread.js";
import { createModels } from "../models/models.js";
import { type ModelPlan, nextStep, type TrainingResult, trainVersion } from "../models/train-job.js";
import { type BackEnd, withBackEnd } from "./back-end.js";
import { reportTo } from "./failure.js";
import { inTurn } from "./in-turn.js";
import { PLACE_OPTIONS, placeWithData } from "./place.js";
import { number, seconds, type Terminal } from "./terminal.js";
import { UsageError } from "./usage.js";

/** Redrawing a line costs more than what it tells of. */
const REDRAW_MS = 100;
const OPTIONS = {
  ...PLACE_OPTIONS,
  event: { type: "string" },
  within: { type: "string", default: "7" },
  returns: { type: "boolean", default: false },
  depth: { type: "string" },
  days: { type: "string" },
  at: { type: "string" },
  metric: { type: "string" },
  share: { type: "string", default: "0.1" },
  site: { type: "string", default: "default" },
  keep: { type: "boolean", default: false },
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS; allowPositionals: true }>>["values"];

function positive(name: string, text: string, most = Number.POSITIVE_INFINITY): number {
  const value = Number(text);
  if (text.trim() !== "" && value > 0 && value <= most && Number.isFinite(value)) return value;
  throw new UsageError(
    `--${name} is a number above 0${most === Number.POSITIVE_INFINITY ? "" : `, up to ${most}`}.`,
  );
}

function labelOf({ event, returns, depth, within }: Values): TrainingLabel {
  const asked = [event !== undefined, returns, depth !== undefined].filter(Boolean).length;
  if (asked !== 1)
    throw new UsageError("Say what is to be predicted: one of --event NAME, --returns or --depth SHARE.");
  if (depth !== undefined) return { kind: "depth", depth: positive("depth", depth, 1) };
  const withinMs = days(positive("within", within));
  return event === undefined ? { kind: "returns", withinMs } : { kind: "event", event, withinMs };
}

function planOf(values: Values, name: string): ModelPlan {
  return {
    ...{ name, label: labelOf(values) },
    ...(values.days !== undefined && { days: positive("days", values.days) }),
    ...(values.at !== undefined && { atEvent: positive("at", values.at) }),
    ...(values.metric !== undefined && { metric: values.metric }),
  };
}

/** `attune train NAME`: a model from what is kept of visitors, tried on a share of them where nothing speaks against it. */
export async function train(args: string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: OPTIONS });
  const [name] = positionals;
  if (name === undefined || positionals.length > 1)
    throw new UsageError('Name one model: attune train buys-soon --event "Order Completed"');
  const plan = planOf(values, name);
  const share = positive("share", values.share, 0.99);
  const place = await placeWithData(values);
  const began = Date.now();
  const { toOnnx } = await import("@attune/ml/onnx");
  const report = reportTo(terminal);
  const { result, step } = await withBackEnd({ ...place, report }, async ({ ports, service }) => {
    const { site } = values;
    const clock = { now: () => Date.now() };
    const registry = createModelRegistry(ports.stores.durable ?? ports.stores.hot, { site, clock });
    const progress = progressOn(terminal);
    const store = ports.stores.durable ?? ports.stores.hot;
    return inTurn({ store, clock, report, terminal }, async (signal) => {
      const trained = await trainVersion(plan, {
        ...{ service, registry, site, now: clock.now(), progress, signal, fit: fitInThread },
        encode: (model) => toOnnx(model),
      });
      signal.throwIfAborted();
      const next = values.keep ? null : nextStep(trained, { share });
      if (next !== null) await take({ ports, service }, { site, name, action: next, report });
      return { result: trained, step: next };
    });
  }).finally(() => terminal.status(""));
  tell(terminal, { values, result, step, ms: Date.now() - began });
  return 0;
}

/** Brings it into force as a server does: pages and servers that run hear of it. */
async function take(
  { ports, service }: Pick<BackEnd, "ports" | "service">,
  {
    site,
    name,
    action,
    report,
  }: {
    site: string;
    name: string;
    action: NonNullable<ReturnType<typeof nextStep>>;
    report(error: unknown): void;
  },
): Promise<void> {
  const models = createModels(
    {
      ...{ stores: ports.stores, channel: ports.channel, clock: { now: () => Date.now() } },
      ...{ sites: [site], writer: randomUUID(), report },
      load: () =>
        Promise.reject(new AttuneError("ATTUNE_SERVER_MODEL_LOADER", "This command scores nobody.")),
    },
    () => service,
  );
  try {
    const done = await models.act(site, name, action, "attune train");
    if (!done.ok) throw new UsageError(done.error.map(({ message }) => message).join(" "));
  } finally {
    await models.close();
  }
}

const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;

function tell(
  terminal: Terminal,
  {
    values,
    result,
    step,
    ms,
  }: { values: Values; result: TrainingResult; step: ReturnType<typeof nextStep>; ms: number },
): void {
  const { version, card, worse } = result;
  const { auc, ece, eceByChance } = card.metrics;
  if (values.json) {
    const { version: hash, bytes } = version;
    terminal.out(JSON.stringify({ version: hash, bytes, card, worse, step, ms }));
    return;
  }
  const out = (name: string, text: string): void => terminal.out(`  ${name.padEnd(14)}${text}`);
  terminal.out(terminal.bold(`${version.name}: ${labelWords(card.label)}`));
  out("version", version.version);
  out(
    "learned from",
    `${number(card.trainedOn.rows)} visits of ${number(card.visitors)} visitors, of which ${number(card.ones)} came true`,
  );
  out("left out", `${number(card.leftOut.censored)} visits whose time is not over`);
  if (auc !== null)
    out(
      "tells",
      `AUC ${auc.value.toFixed(3)} (${auc.lower.toFixed(3)} to ${auc.upper.toFixed(3)}), on visitors it had not seen`,
    );
  out("calibration", `off by ${percent(ece)} on average, where chance alone makes ${percent(eceByChance)}`);
  out(
    "by",
    card.contributions
      .slice(0, 3)
      .map(({ feature, share }) => `${feature} ${percent(share)}`)
      .join(", "),
  );
  out("file", `${number(version.bytes)} bytes`);
  out("took", seconds(ms));
  if (worse !== null) terminal.out(terminal.dim(`  Kept and not tried: ${worse}`));
  else if (step === null) terminal.out(terminal.dim("  Kept; what is in force stays as it is."));
  else
    terminal.out(
      terminal.dim(
        step.type === "promote"
          ? "  It is in force for everybody: the first of its name."
          : `  It is tried on ${percent(step.share)} of visitors.`,
      ),
    );
}

function progressOn(terminal: Terminal): (visitors: number) => void {
  let drawn = 0;
  return (visitors) => {
    const now = Date.now();
    if (now - drawn < REDRAW_MS) return;
    drawn = now;
    terminal.status(`${number(visitors)} visitors read`);
  };
}
