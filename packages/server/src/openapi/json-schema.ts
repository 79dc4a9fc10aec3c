import type { JsonSchema } from "@attune/core/wire";
import { toJsonSchema } from "@valibot/to-json-schema";
import type * as v from "valibot";

type Part = Record<string, unknown>;

/** Both hold: what is said twice is put beside each other. */
function both(left: Part, right: Readonly<Part>): Part {
  const clash = Object.keys(right).some((key) => key in left);
  return clash
    ? { ...left, allOf: [...((left.allOf as unknown[] | undefined) ?? []), right] }
    : { ...left, ...right };
}

/**
 * A schema that validates, as JSON Schema 2020-12 of what is sent (before it is transformed). What a check means stands beside it as
 * metadata `jsonSchema`; a check without one is left out, so the document may take more than the door does, never less.
 */
export function jsonSchemaOf(schema: v.GenericSchema): JsonSchema {
  const { $schema: _, ...rest } = toJsonSchema(schema, {
    typeMode: "input",
    target: "draft-2020-12",
    errorMode: "ignore",
    overrideAction({ valibotAction, jsonSchema }) {
      if (valibotAction.type !== "metadata") return undefined;
      const { metadata } = valibotAction as unknown as { metadata: { jsonSchema?: Part } };
      return metadata.jsonSchema === undefined ? undefined : both(jsonSchema as Part, metadata.jsonSchema);
    },
  }) as Part;
  return rest;
}
