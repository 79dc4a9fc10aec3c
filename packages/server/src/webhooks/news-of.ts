import { createHash } from "node:crypto";
import type { WebhookEvent } from "@attune/core/wire";
import type { ModelRecord } from "@attune/ml/registry";
import type { ModelAlarm } from "../models/alarms.js";

/** Something to be told of. Its id is the same whoever makes it out, so that it is told of once. */
export interface News {
  id: string;
  type: WebhookEvent;
  /** Epoch ms. */
  at: number;
  data: Readonly<Record<string, unknown>>;
}

const TOLD = { promote: "model.promoted", canary: "model.tried", rollback: "model.rolled-back" } as const;
const FOUND = {
  features: "model.drifted",
  calibration: "model.miscalibrated",
  errors: "model.errors-changed",
} as const;

const idOf = (...parts: readonly (string | number)[]): string =>
  `msg_${createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 32)}`;

/**
 * What is known to have happened to a model, from what is kept of it: what was written down when it changed cannot be lost between the change and its telling. Nobody is named: neither visitors nor
 * who of the host's people did it, nor their words.
 */
export function newsOf(site: string, record: ModelRecord, alarms: readonly ModelAlarm[]): News[] {
  const { name } = record;
  const events = record.events.map(({ type, version, at, code, reason }): News => {
    const why = { code, reason: code === null ? null : reason };
    return {
      id: idOf(site, name, type, version, at),
      type: TOLD[type],
      at,
      data: { site, model: name, version, ...why },
    };
  });
  const found = alarms.map(({ kind, version, at, features }): News => {
    const id = idOf(site, name, kind, version, ...features);
    return { id, type: FOUND[kind], at, data: { site, model: name, version, features } };
  });
  return [...events, ...found];
}
