import { Refusal } from "../http/refusal.js";
import { json } from "../http/respond.js";
import { type Call, objectBody, type Route, SMALL_BODY } from "../http/route.js";
import type { Principal } from "../auth/authenticate.js";
import type { RouteContext } from "./context.js";

const PATH = "/api/v1/behavioral/receipts";

/**
 * `GET /receipts/keys` and `POST /receipts/verify`: for whoever holds a receipt of consent, without a credential. They tell of nobody: a
 * receipt says itself all that it says, and an answer is whether the server signed it.
 */
export function receiptRoutes(context: RouteContext): Route[] {
  return [
    { method: "GET", path: `${PATH}/keys`, scope: null, handle: (call) => keys(call, context) },
    {
      method: "POST",
      path: `${PATH}/verify`,
      scope: null,
      body: SMALL_BODY,
      handle: (call) => verify(call, context),
    },
  ];
}

async function keys({ url }: Call<Principal | null>, { service, sites }: RouteContext): Promise<Response> {
  const site = url.searchParams.get("site") ?? "default";
  // No key may be made by asking for one.
  if (!sites.includes(site))
    throw new Refusal(404, "ATTUNE_SERVER_SITE_NONE", "There is no such site here; name one by `?site=`.");
  return json({ keys: [await service.receiptKey({ site })] });
}

async function verify(call: Call<Principal | null>, { service, sites }: RouteContext): Promise<Response> {
  const receipt = objectBody(call);
  const { site } = receipt;
  const known = typeof site === "string" && sites.includes(site);
  return json({ valid: known && (await service.verifyReceipt(receipt, { site })) });
}
