import type { SiteSummary } from "@attune/core/service";
import type { SegmentDefinition } from "@attune/core";
import { PURPOSES } from "@attune/core/consent";
import * as v from "valibot";
import { ROLES } from "../auth/roles.js";
import type { SimulationStatus } from "../simulate/simulation.js";
import { count, figure, moment, notes, share, typed } from "./answer-parts.js";

export const rulesetPublished = () =>
  v.strictObject({
    version: v.string(),
    revision: v.number(),
    changed: v.pipe(v.boolean(), v.description("False where the same was published already.")),
    warnings: v.pipe(
      v.array(v.object({ path: v.string(), code: v.string(), message: v.string() })),
      v.description("What is valid and probably not meant."),
    ),
  });

const crossed = () => v.pipe(count(), v.description("Visitors who saw more than one variant."));
export const arms = () => v.record(v.string(), v.strictObject({ exposures: count(), conversions: count() }));

export const segmentSize = () =>
  v.strictObject({
    segment: v.string(),
    size: v.pipe(
      v.nullable(count()),
      v.description("Visitors whose events cover analytics; null for fewer than `floor`."),
    ),
    reason: v.nullable(v.literal("too-few")),
    floor: count(),
  });

const condition = (text: string) => v.pipe(v.looseObject({}), v.description(text));
const segmentFields = {
  description: v.optional(v.string()),
  enter: condition("A visitor enters when this becomes true."),
  exit: v.optional(condition("…and leaves when this becomes true; default: when `enter` is no longer true.")),
  minStayMs: v.optional(v.pipe(v.number(), v.minValue(0))),
  purposes: v.optional(v.array(v.picklist(PURPOSES))),
};
const segmentName = () => v.pipe(v.string(), v.maxLength(128), v.description("kebab-case."));
export const segment = () =>
  typed<SegmentDefinition>(v.strictObject({ name: segmentName(), ...segmentFields }));
export const segmentPut = () =>
  typed<Omit<SegmentDefinition, "name"> & { name?: string }>(
    v.strictObject({ name: v.optional(segmentName()), ...segmentFields }),
  );
export const segments = () => v.strictObject({ segments: v.array(segment()) });

export const seriesAnswer = () =>
  v.strictObject({
    from: moment(),
    to: moment(),
    granularity: v.picklist(["minute", "hour", "day"]),
    figures: v.pipe(
      v.record(
        v.string(),
        v.nullable(
          v.strictObject({
            rows: v.array(
              v.strictObject({
                tags: v.record(v.string(), v.string()),
                windows: v.array(
                  v.strictObject({ at: moment(), value: v.nullable(v.pipe(v.number(), v.minValue(0))) }),
                ),
              }),
            ),
            omitted: v.pipe(count(), v.description("Smaller rows that are not shown.")),
          }),
        ),
      ),
      v.description(
        "By name. A window in which nothing was counted is left out; of `entered` and `left` one of fewer than 20 visitors is null.",
      ),
    ),
    notes: notes(),
  });

export const simulationStatus = () =>
  typed<SimulationStatus>(
    v.strictObject({
      running: v.boolean(),
      visitorsPerMinute: v.number(),
      visitors: count(),
      events: count(),
    }),
  );
export const simulationPost = () =>
  v.object({ visitorsPerMinute: v.pipe(v.number(), v.minValue(0), v.maxValue(6000)) });

export const siteMetrics = () =>
  typed<SiteSummary & { simulated: SimulationStatus }>(
    v.looseObject({
      events: count(),
      visitors: count(),
      sessions: v.strictObject({ given: count(), derived: count() }),
      conversions: v.strictObject({ sessions: count(), orders: count(), revenue: v.number() }),
      byName: v.record(v.string(), count()),
      segments: v.pipe(
        v.record(v.string(), v.nullable(count())),
        v.description("Visitors in each segment; null for fewer than `tooFew.floor`."),
      ),
      tooFew: v.pipe(
        v.nullable(v.strictObject({ floor: count(), segments: count() })),
        v.description("Of how many segments no size is told; null where all are told."),
      ),
      experiments: v.record(v.string(), arms()),
      crossed: v.record(v.string(), crossed()),
      conflicts: count(),
      simulated: simulationStatus(),
    }),
  );

export const performanceAnswer = () =>
  v.strictObject({
    metrics: v.strictObject({
      eventIngestionRate: figure(),
      processingLatency: v.strictObject({ p50: figure(), p95: figure(), p99: figure() }),
      apiResponseTime: v.strictObject({ average: figure(), median: figure(), max: figure() }),
      errorRate: v.nullable(share()),
      throughput: figure(),
    }),
    status: v.picklist(["ok", "overloaded"]),
    backpressure: v.nullable(v.picklist(["appends", "append-slow", "lag"])),
    logLag: v.nullable(count()),
    capacity: v.strictObject({
      current: count(),
      maximum: v.number(),
      utilization: v.number(),
    }),
    notes: notes(),
  });

export const healthAnswer = () =>
  v.strictObject({
    status: v.picklist(["ok", "failed"]),
    components: v.record(v.string(), v.picklist(["ok", "failed"])),
  });

export const liveAnswer = () => v.strictObject({ status: v.literal("ok") });
const role = () => v.picklist(ROLES);
export const signInPost = () =>
  v.strictObject({
    role: v.optional(
      v.pipe(role(), v.description("What the person may do; default `viewer`, who only reads.")),
    ),
  });
export const signInAnswer = () => v.strictObject({ url: v.string(), role: role() });
export const sessionAnswer = () =>
  v.strictObject({ site: v.string(), role: role(), scopes: v.array(v.string()), expiresAt: moment() });
