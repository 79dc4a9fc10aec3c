/** Names of the headers in which the host's proxy or CDN says where a request comes from. */
export interface RegionHeaders {
  /** ISO 3166-1, e.g. `x-vercel-ip-country`, `cf-ipcountry`, `cloudfront-viewer-country`. */
  country: string;
  /** The state without its country, e.g. `x-vercel-ip-country-region`, `cf-region-code`, `cloudfront-viewer-country-region`. */
  subdivision?: string;
}

/**
 * Where a request comes from, as the headers say that the host has named (`US-CA`, `DE`); null where they say nothing that is a region. Name
 * only headers that your CDN sets itself: what a client sends under such a name must not get through.
 */
export function requestRegion(
  headers: { get(name: string): string | null },
  { country, subdivision }: RegionHeaders,
): string | null {
  const code = (name: string | undefined, form: RegExp): string | null => {
    const value = name === undefined ? null : headers.get(name)?.trim().toUpperCase();
    return value && form.test(value) ? value : null;
  };
  const land = code(country, /^[A-Z]{2}$/);
  // What Cloudflare and others write for Tor and for "unknown".
  if (land === null || land === "XX" || land === "T1") return null;
  const state = code(subdivision, /^[A-Z\d]{1,3}$/);
  return state === null ? land : `${land}-${state}`;
}
