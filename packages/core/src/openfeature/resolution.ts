import type { ErrorCode, JsonValue as FlagJson, ResolutionDetails } from "@openfeature/core";
import type { Flag, FlagErrorCode } from "./flag.js";

/** OpenFeature's codes are an enum; its members are these texts, and only its types are needed here. */
const codeOf = (code: FlagErrorCode | "TYPE_MISMATCH"): ErrorCode => code as ErrorCode;

type Type = "boolean" | "string" | "number" | "object";

const isOf = (value: unknown, type: Type): boolean => value !== null && typeof value === type;

/** What a flag resolves to for a caller who expects this type; the caller's default where there is no such value. */
function resolve<T>(flag: Flag, type: Type, defaultValue: T): ResolutionDetails<T> {
  const { value, variant, reason, metadata: flagMetadata, error } = flag;
  const failed = (code: Parameters<typeof codeOf>[0], errorMessage: string): ResolutionDetails<T> => ({
    value: defaultValue,
    reason: "ERROR",
    errorCode: codeOf(code),
    errorMessage,
    flagMetadata,
  });
  if (error) return failed(error.code, error.message);
  const named = { reason, flagMetadata, ...(variant !== null && { variant }) };
  // A slot that has nothing to show leaves it to the caller.
  if (value === null) return { value: defaultValue, ...named };
  if (!isOf(value, type)) return failed("TYPE_MISMATCH", `The slot's value is no ${type}.`);
  // Checked above: the type that is asked for is the caller's.
  return { value: value as T, ...named };
}

/** The four resolvers of a provider, over what a flag is to who asks. */
export const resolvers = <C>(read: (key: string, context: C) => Flag) => ({
  resolveBooleanEvaluation: (key: string, value: boolean, context: C) =>
    resolve(read(key, context), "boolean", value),
  resolveStringEvaluation: (key: string, value: string, context: C) =>
    resolve(read(key, context), "string", value),
  resolveNumberEvaluation: (key: string, value: number, context: C) =>
    resolve(read(key, context), "number", value),
  resolveObjectEvaluation: <T extends FlagJson>(key: string, value: T, context: C) =>
    resolve(read(key, context), "object", value),
});

/** {@link resolvers} of what has to be waited for. */
export const asyncResolvers = <C>(read: (key: string, context: C) => Promise<Flag>) => ({
  resolveBooleanEvaluation: async (key: string, value: boolean, context: C) =>
    resolve(await read(key, context), "boolean", value),
  resolveStringEvaluation: async (key: string, value: string, context: C) =>
    resolve(await read(key, context), "string", value),
  resolveNumberEvaluation: async (key: string, value: number, context: C) =>
    resolve(await read(key, context), "number", value),
  resolveObjectEvaluation: async <T extends FlagJson>(key: string, value: T, context: C) =>
    resolve(await read(key, context), "object", value),
});
