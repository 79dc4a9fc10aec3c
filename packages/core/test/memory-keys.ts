import type { KeyProvider, WrappingKey } from "../src/ports/capabilities.js";
import { newKeyBytes } from "../src/privacy/index.js";

/** Keys in memory, that a test can rotate and destroy. */
export function memoryKeys() {
  const keys = new Map<string, Uint8Array>();
  const of = (name: string): Uint8Array => {
    const known = keys.get(name) ?? newKeyBytes();
    keys.set(name, known);
    return known;
  };
  let present = "w1";
  return {
    key: async (site: string, use: string) => of(`${site}/${use}`),
    wrapping: async (site: string, id?: string): Promise<WrappingKey | null> => {
      if (id !== undefined && !keys.has(`${site}/${id}`)) return null;
      return { id: id ?? present, key: of(`${site}/${id ?? present}`) };
    },
    rotate: (id: string) => void (present = id),
    destroy: (site: string, id: string) => void keys.delete(`${site}/${id}`),
  } satisfies KeyProvider & Record<string, unknown>;
}
