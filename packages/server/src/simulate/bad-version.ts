import { AttuneError, type RandomSource } from "@attune/core";
import type { ModelEvent, ModelVersion } from "@attune/ml/registry";
import type { Models } from "../models/models.js";

/** What is wrong with it: it gives log-odds where a score is wanted, as one that was exported without its last step, or its file was cut off. */
export const FAULTS = ["log-odds", "cut-off"] as const;
export type Fault = (typeof FAULTS)[number];

export interface BadVersionOptions {
  name: string;
  site?: string;
  fault?: Fault;
  /** Of visitors who get it, in (0, 1) (default 0.5). */
  share?: number;
  actor: string;
  /** So that each is another version: one that was taken back is known. */
  random: RandomSource;
}

/** A model of the same interface whose answers are no scores. */
async function badFile(
  { inputs, outputs, name, featuresVersion, purposes }: ModelVersion,
  { fault = "log-odds", random }: BadVersionOptions,
): Promise<Uint8Array> {
  const { toOnnx } = await import("@attune/ml/onnx");
  const file = toOnnx(
    {
      kind: "linear",
      ...{ inputs: inputs.length, outputs: outputs.length },
      weights: new Float64Array(inputs.length * outputs.length),
      intercepts: Float64Array.from(outputs, () => -2 - random()),
    },
    {
      gives: "log-odds",
      metadata: {
        name,
        features: inputs,
        featuresVersion,
        purposes,
        outputs,
        label: "made to be taken back",
      },
    },
  );
  return fault === "cut-off" ? file.slice(0, file.length >> 1) : file;
}

/**
 * Puts a version with a fault on trial, for those who want to see it taken back: nothing else is done about it, the rules that hold for every trial find it.
 *
 * @throws AttuneError `ATTUNE_SERVER_BAD_VERSION` where no version of the model is in force, or another one is on trial.
 */
export async function tryBadVersion(
  models: Pick<Models, "registry" | "act">,
  options: BadVersionOptions,
): Promise<ModelVersion> {
  const { site = "default", name, share = 0.5, actor } = options;
  const registry = models.registry(site);
  const record = await registry.get(name);
  const champion = record?.champion == null ? null : await registry.version(name, record.champion);
  if (champion === null)
    throw new AttuneError(
      "ATTUNE_SERVER_BAD_VERSION",
      `No version of the model ${name} is in force, so there is nothing to go back to: wait until one is, or train one.`,
    );
  const { inputs, featuresVersion, outputs, purposes } = champion;
  const bytes = await badFile(champion, options);
  const version = await registry.add({ name, bytes, inputs, featuresVersion, outputs, purposes });
  const { version: hash } = version;
  const tried = await models
    .act(site, name, { type: "canary", version: hash, share }, actor)
    .catch(async (error: unknown) => {
      // What failed may have come after it was put on trial.
      await takeBack(models, { site, name, version: hash, actor });
      throw error;
    });
  if (tried.ok) return version;
  throw new AttuneError("ATTUNE_SERVER_BAD_VERSION", tried.error.map(({ message }) => message).join(" "));
}

/** A version that was put up, and who did. */
export interface PutUp {
  site?: string;
  name: string;
  version: string;
  actor: string;
}

/** Takes a version back that is still on trial. False: it is not, any more; another that is tried by now is let alone. */
export async function takeBack(
  models: Pick<Models, "registry" | "act">,
  { site = "default", name, version, actor }: PutUp,
): Promise<boolean> {
  const record = await models.registry(site).get(name);
  if (record?.canary?.version !== version) return false;
  const { run } = record.canary;
  const reason = "It was put up to see it taken back, and nobody has.";
  const done = await models.act(site, name, { type: "rollback", run, code: "simulated", reason }, actor);
  return done.ok;
}

const LOOK_MS = 200;

/**
 * Waits until a version that was put up is taken back, and takes it back itself where nobody has: half of all visitors are not left with it.
 *
 * @returns How the trial ended; null where nobody else has ended it until the wait was over, or was ended.
 */
export async function untilTakenBack(
  models: Pick<Models, "registry" | "act">,
  putUp: PutUp,
  { waitMs, signal }: { waitMs: number; signal?: AbortSignal },
): Promise<ModelEvent | null> {
  const { site = "default", name, version } = putUp;
  const until = performance.now() + waitMs;
  try {
    while (performance.now() < until && signal?.aborted !== true) {
      const record = await models.registry(site).get(name);
      if (record?.canary?.version !== version)
        return record?.events.find((event) => event.version === version && event.type !== "canary") ?? null;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    return null;
  } finally {
    await takeBack(models, putUp);
  }
}
