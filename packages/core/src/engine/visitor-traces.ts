import type { Host } from "./host.js";
import type { Attune } from "./types.js";

export type Visitor = NonNullable<ReturnType<Attune["visitor"]>>;

/** What browsers keep a cookie for at most, with room to spare (Chrome: 400 days), ms. */
export const COOKIE_MS = 395 * 86_400_000;

export const isVisitorId = (id: unknown): id is string =>
  typeof id === "string" && /^[\w.~-]{1,128}$/.test(id);

/** The id in the cookie, if it is one. To be called only where consent allows a visitor to be known. */
export function readVisitorId({ environment, attempt }: Host): string | null {
  const id = attempt(() => environment.cookies?.read("visitor"));
  return isVisitorId(id) ? id : null;
}

export function removeVisitorId({ environment: { cookies }, attempt }: Host): void {
  attempt(() => {
    if (cookies?.read("visitor") != null) cookies.remove("visitor");
  });
}

/** Leaves nothing of a visitor on the device. Resolves when that is so, or has failed, which is reported. */
export async function eraseTraces(host: Host): Promise<void> {
  removeVisitorId(host);
  await host.attempt(() => host.environment.storage?.destroy())?.catch(host.report);
}
