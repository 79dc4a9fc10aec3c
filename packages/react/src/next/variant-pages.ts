import { AttuneError } from "@attune/core";

export interface VariantPages {
  /** Path → the slots it shows: `{ "/": ["hero"], "/guides/*": ["nudge"] }`. A `*` at the end stands for everything below. */
  pages: Readonly<Record<string, readonly string[]>>;
  /** Where these pages lie in the application: `app/v/[variants]/…` is `/v` (the default). */
  prefix?: string;
  /**
   * Signs the codes. Needed only where requests reach the pages without passing the middleware; the middleware itself sends whoever asks
   * for a coded address to the plain one.
   */
  secret?: string;
}

/** The address under which the page lies for one code. */
export const codedPath = (prefix: string, code: string, path: string): string =>
  `${prefix}/${code}${path === "/" ? "" : path}`;

/** As it stands in an address. */
const written = (path: string): string => new URL(path, "http://page").pathname;

const trimmed = (path: string): string => path.replace(/\/+$/, "") || "/";

/**
 * Which pages are made once per variant.
 *
 * @throws AttuneError `ATTUNE_REACT_VARIANT_PAGES` for a path that does not begin with a slash.
 */
export function variantPages({ pages, prefix = "/v", secret }: VariantPages) {
  for (const path of [prefix, ...Object.keys(pages)]) {
    if (!path.startsWith("/"))
      throw new AttuneError("ATTUNE_REACT_VARIANT_PAGES", `"${path}" must be a path that begins with "/".`);
  }
  const slots = new Map(Object.entries(pages).map(([path, names]) => [written(path), names]));
  const below = [...slots.keys()].filter((path) => path.endsWith("/*")).sort((a, b) => b.length - a.length);
  return {
    prefix,
    secret,
    slotsOf(path: string): readonly string[] | undefined {
      const plain = trimmed(path);
      const own = slots.get(plain);
      if (own !== undefined) return own;
      const pattern = below.find((known) => `${plain}/`.startsWith(known.slice(0, -1)));
      return pattern === undefined ? undefined : slots.get(pattern);
    },
    /** The plain address of a coded one; undefined for any other. */
    publicPath(path: string): string | undefined {
      if (!path.startsWith(`${prefix}/`)) return undefined;
      const [, ...rest] = path.slice(prefix.length + 1).split("/");
      return `/${rest.join("/")}`;
    },
  };
}
