import { AttuneError } from "../kernel/errors.js";

/**
 * What `JSON.parse(JSON.stringify(value))` would give, several times faster for plain data. A key named `__proto__`
 * stays an ordinary key.
 *
 * @throws AttuneError `ATTUNE_STORE_VALUE` where JSON has no form for it: a BigInt, a circle, nesting beyond the stack.
 */
export function cloneJson<V>(value: V): V {
  try {
    return copy(value) as V;
  } catch (cause) {
    throw new AttuneError(
      "ATTUNE_STORE_VALUE",
      "A value has no JSON form: it is circular, nested too deeply, or holds a BigInt. Store plain objects, arrays, strings, numbers, booleans and null.",
      { cause },
    );
  }
}

function copy(value: unknown): unknown {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) ? value + 0 : null;
    case "object":
      return value === null ? null : Array.isArray(value) ? value.map(copy) : copyObject(value);
    case "bigint":
      throw new TypeError("BigInt");
    default:
      return null;
  }
}

function copyObject(source: object): unknown {
  if (typeof (source as { toJSON?: unknown }).toJSON === "function")
    return JSON.parse(JSON.stringify(source));
  const target: Record<string, unknown> = {};
  for (const key of Object.keys(source)) {
    const inner = (source as Record<string, unknown>)[key];
    const type = typeof inner;
    if (type === "undefined" || type === "function" || type === "symbol") continue;
    if (key === "__proto__")
      Object.defineProperty(target, key, {
        value: copy(inner),
        enumerable: true,
        configurable: true,
        writable: true,
      });
    else target[key] = type === "string" ? inner : copy(inner);
  }
  return target;
}
