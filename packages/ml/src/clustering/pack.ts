import { AttuneError } from "@attune/core";
import type { AssignmentModel, Scaling } from "./types.js";

/** An {@link AssignmentModel} as plain JSON: what a page is sent so that it can tell a visitor's segment by itself. */
export interface PackedClusters {
  readonly kind: "attune-clusters";
  readonly version: 1;
  readonly columns: number;
  readonly clusters: number;
  readonly scaling: {
    readonly method: Scaling["method"];
    readonly center: number[];
    readonly scale: number[];
    readonly log: number[];
  } | null;
  readonly prototypes: number[];
  readonly prototypeLabels: number[];
  /** null stands for no cut: JSON knows no infinity. */
  readonly cuts: (number | null)[];
}

/** A model as plain JSON. */
export function packClusters(model: AssignmentModel): PackedClusters {
  const { columns, clusters, scaling, prototypes, prototypeLabels, cuts } = model;
  return {
    ...{ kind: "attune-clusters", version: 1, columns, clusters },
    scaling: scaling && {
      method: scaling.method,
      ...{ center: [...scaling.center], scale: [...scaling.scale], log: [...scaling.log] },
    },
    ...{ prototypes: [...prototypes], prototypeLabels: [...prototypeLabels] },
    cuts: Array.from(cuts, (cut) => (Number.isFinite(cut) ? cut : null)),
  };
}

const refuse = (path: string, text: string): never => {
  throw new AttuneError("ATTUNE_ML_BAD_CLUSTERS", text, { path });
};

function numbers(value: unknown, path: string, length?: number): Float64Array {
  const isList =
    Array.isArray(value) && value.every((item) => typeof item === "number" && Number.isFinite(item));
  if (!isList || (length !== undefined && value.length !== length)) {
    return refuse(path, `This must be a list of ${length === undefined ? "" : `${length} `}finite numbers.`);
  }
  return Float64Array.from(value as number[]);
}

function unpackScaling(value: unknown, columns: number): Scaling | null {
  if (value === null || value === undefined) return null;
  const { method, center, scale, log } = value as Record<string, unknown>;
  if (method !== "none" && method !== "z-score" && method !== "robust") {
    return refuse("/scaling/method", "The method is none, z-score or robust.");
  }
  const widths = numbers(scale, "/scaling/scale", columns);
  if (widths.some((width) => width <= 0)) return refuse("/scaling/scale", "A scale must be above 0.");
  return {
    ...{ method, center: numbers(center, "/scaling/center", columns), scale: widths },
    log: Uint8Array.from(numbers(log, "/scaling/log", columns)),
  };
}

/**
 * A model from JSON that may come from anywhere: checked throughout.
 *
 * @throws AttuneError `ATTUNE_ML_BAD_CLUSTERS` with the path of what is wrong.
 */
export function unpackClusters(json: unknown): AssignmentModel {
  if (typeof json !== "object" || json === null)
    return refuse("", "This is no packed clusters: they are an object.");
  const packed = json as Partial<Record<keyof PackedClusters, unknown>>;
  if (packed.kind !== "attune-clusters" || packed.version !== 1) {
    return refuse("/kind", "These are no packed clusters of version 1.");
  }
  const { columns, clusters, cuts } = packed;
  if (!Number.isInteger(columns) || (columns as number) < 1)
    return refuse("/columns", "This must be an integer of 1 or more.");
  if (!Number.isInteger(clusters) || (clusters as number) < 0)
    return refuse("/clusters", "This must be an integer of 0 or more.");
  const width = columns as number;
  const labels = numbers(packed.prototypeLabels, "/prototypeLabels");
  if (labels.some((label) => !Number.isInteger(label) || label < 0 || label >= (clusters as number))) {
    return refuse("/prototypeLabels", "A label must be an integer from 0 to below the number of clusters.");
  }
  const prototypes = numbers(packed.prototypes, "/prototypes", labels.length * width);
  const isCut = (cut: unknown): boolean => cut === null || (typeof cut === "number" && cut >= 0);
  if (!Array.isArray(cuts) || cuts.length !== labels.length || !cuts.every(isCut)) {
    return refuse("/cuts", "There must be a cut for each prototype: a number of 0 or more, or null.");
  }
  return {
    ...{ columns: width, clusters: clusters as number, scaling: unpackScaling(packed.scaling, width) },
    ...{ prototypes, prototypeLabels: Int32Array.from(labels) },
    cuts: Float64Array.from(cuts as (number | null)[], (cut) => cut ?? Number.POSITIVE_INFINITY),
  };
}
