import { AttuneError } from "@attune/core";
import type { NextActionJson } from "./types.js";

function refuse(path: string, message: string): never {
  throw new AttuneError("ATTUNE_ML_MODEL_FORMAT", message, { path });
}

const isNumbers = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((one) => Number.isFinite(one));

/** @throws AttuneError `ATTUNE_ML_MODEL_FORMAT` at the first part that `toJSON` would not have made. */
export function requireNextActionJson(json: NextActionJson): void {
  if (json?.format !== "attune-next-action" || json.version !== 1) {
    refuse("", "This is no next-action model of version 1: give what `toJSON` returned.");
  }
  if (typeof json.options !== "object" || json.options === null) refuse("/options", "Options are missing.");
  for (const part of ["sequences", "pruned"] as const) {
    if (!(Number.isInteger(json[part]) && json[part] >= 0)) refuse(`/${part}`, "Give a count.");
  }
  if (!Array.isArray(json.actions)) refuse("/actions", "Give a list of names and numbers.");
  const numbers = new Set<number>();
  json.actions.forEach((pair, i) => {
    const [name, number] = Array.isArray(pair) ? pair : [];
    if (typeof name !== "string" || !(Number.isInteger(number) && number >= 0) || numbers.has(number)) {
      refuse(`/actions/${i}`, "Give a name and a number that no other action has.");
    }
    numbers.add(number);
  });
  if (!Array.isArray(json.contexts)) refuse("/contexts", "Give a list of contexts.");
  json.contexts.forEach((context, i) => {
    const isRight =
      isNumbers(context) &&
      context.length >= 4 &&
      context.length % 2 === 0 &&
      context.every((value, at) => at < 2 || (at % 2 === 0 ? numbers.has(value) : value > 0));
    if (!isRight) refuse(`/contexts/${i}`, "Give a kind, a key, then known actions and their counts.");
  });
  for (const part of ["logits", "visits", "shares", "spoke"] as const) {
    if (!isNumbers(json.blend?.[part])) refuse(`/blend/${part}`, "Give a list of finite numbers.");
  }
}
