import { seededRandom } from "@attune/core";
import { requireInput, requireNumber } from "../require-input.js";
import type { LabelledSession, PersonaModel, TrainPersonaOptions } from "./types.js";

const RATE = 0.1;

interface Encoded {
  /** Numbers of tokens; 0 stands for what is always so. */
  readonly tokens: Int32Array;
  readonly persona: number;
}

/** Every different token of a session. */
export const tokensOf = (events: readonly (readonly string[])[]): Set<string> => new Set(events.flat());

function vocabularyOf(sessions: readonly LabelledSession[], least: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { events } of sessions) {
    for (const token of tokensOf(events)) counts.set(token, (counts.get(token) ?? 0) + 1);
  }
  const numbers = new Map<string, number>();
  for (const [token, count] of counts) if (count >= least) numbers.set(token, numbers.size + 1);
  return numbers;
}

/** Softmax of what tokens add up to, into `out`. */
export function softmaxInto(out: Float64Array, sums: ArrayLike<number>): void {
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < sums.length; i++) most = Math.max(most, sums[i] as number);
  let all = 0;
  for (let i = 0; i < sums.length; i++) {
    out[i] = Math.exp((sums[i] as number) - most);
    all += out[i] as number;
  }
  for (let i = 0; i < sums.length; i++) out[i] = (out[i] as number) / all;
}

function descend(
  sessions: readonly Encoded[],
  size: number,
  by: Required<TrainPersonaOptions> & { classes: number },
) {
  const { classes, l2 } = by;
  const weights = new Float64Array(size * classes);
  const squares = new Float64Array(size * classes).fill(1e-8);
  const random = seededRandom(by.seed);
  const order = Int32Array.from(sessions, (_, i) => i);
  const sums = new Float64Array(classes);
  const odds = new Float64Array(classes);
  for (let epoch = 0; epoch < by.epochs; epoch++) {
    for (let i = order.length - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      const kept = order[i] as number;
      order[i] = order[j] as number;
      order[j] = kept;
    }
    for (const at of order) {
      const { tokens, persona } = sessions[at] as Encoded;
      sums.fill(0);
      for (const token of tokens) {
        for (let c = 0; c < classes; c++)
          sums[c] = (sums[c] as number) + (weights[token * classes + c] as number);
      }
      softmaxInto(odds, sums);
      for (const token of tokens) {
        for (let c = 0; c < classes; c++) {
          const place = token * classes + c;
          const weight = weights[place] as number;
          const slope = (odds[c] as number) - (c === persona ? 1 : 0) + (token === 0 ? 0 : l2 * weight);
          squares[place] = (squares[place] as number) + slope * slope;
          weights[place] = weight - (RATE * slope) / Math.sqrt(squares[place] as number);
        }
      }
    }
  }
  return weights;
}

function checked(
  sessions: readonly LabelledSession[],
  options: TrainPersonaOptions,
): Required<TrainPersonaOptions> {
  const { minSessions = 2, l2 = 0.001, epochs = 12, seed = 1 } = options;
  requireInput(sessions.length > 0, "/sessions", "Give at least one session.");
  sessions.forEach(({ events, persona }, i) => {
    requireInput(
      typeof persona === "string" && persona !== "",
      `/sessions/${i}/persona`,
      "Name the persona.",
    );
    requireInput(
      events.every((event) => event.every((token) => typeof token === "string")),
      `/sessions/${i}/events`,
      "Give lists of texts.",
    );
  });
  requireInput(Number.isInteger(epochs) && epochs >= 1, "/options/epochs", "Give an integer of 1 or more.");
  requireNumber(minSessions, 1, "/options/minSessions");
  requireNumber(l2, 0, "/options/l2");
  return { minSessions, l2, epochs, seed };
}

/**
 * Learns what tells personas apart: multinomial logistic regression on which tokens a session holds, sparse, by stochastic gradient descent with rates of their own for each
 * weight (AdaGrad, Duchi, Hazan and Singer 2011). The same sessions, options and seed give the same model. O(epochs × tokens × personas).
 *
 * Personas are the host's own words for what people came for. None is built in, and one that names a protected attribute cannot be shipped ({@link shippablePersona}).
 *
 * @throws AttuneError `ATTUNE_ML_INPUT`; `/sessions` where fewer than two personas are in them
 */
export function trainPersona(
  sessions: readonly LabelledSession[],
  options: TrainPersonaOptions = {},
): PersonaModel {
  const settled = checked(sessions, options);
  const personas = [...new Set(sessions.map(({ persona }) => persona))].sort();
  requireInput(personas.length >= 2, "/sessions", "Give sessions of at least two personas.");
  const numbers = vocabularyOf(sessions, settled.minSessions);
  const encoded = sessions.map(({ events, persona }): Encoded => {
    const known = [...tokensOf(events)].flatMap((token) => numbers.get(token) ?? []);
    return { tokens: Int32Array.from([0, ...known]), persona: personas.indexOf(persona) };
  });
  const classes = personas.length;
  const weights = descend(encoded, numbers.size + 1, { ...settled, classes });
  const of = (token: number): number[] => [...weights.subarray(token * classes, (token + 1) * classes)];
  return {
    ...{ format: "attune-persona", version: 1, personas, bias: of(0) },
    weights: Object.fromEntries([...numbers].map(([token, number]) => [token, of(number)])),
    sessions: personas.map((name) => sessions.filter(({ persona }) => persona === name).length),
  };
}
