import { parseConsentRecord } from "../../consent/record.js";
import { AttuneError } from "../../kernel/errors.js";
import type { EngineExport } from "../types.js";
import { isState } from "./kept.js";

/**
 * Checks what {@link EngineExport} claims to be.
 *
 * @throws AttuneError `ATTUNE_ENGINE_IMPORT` for anything that this version of the library did not export.
 */
export function readExport(data: unknown): EngineExport {
  const { format, version, state, visitor, segments, exposures, consent } = (data ??
    {}) as Partial<EngineExport>;
  if (
    format !== "attune-visitor" ||
    version !== 1 ||
    !isState(state) ||
    (visitor != null && typeof visitor.id !== "string")
  ) {
    throw new AttuneError(
      "ATTUNE_ENGINE_IMPORT",
      "This is not a visitor's export of this version; hand in what export() gave, unchanged.",
    );
  }
  return {
    format,
    version,
    exportedAt: "",
    visitor: visitor ?? null,
    state,
    segments: segments ?? {},
    consent: parseConsentRecord(consent),
    exposures: Array.isArray(exposures) ? exposures : [],
  };
}
