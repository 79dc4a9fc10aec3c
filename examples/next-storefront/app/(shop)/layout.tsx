import { decideOnServer } from "@attune/react/server";
import { headers } from "next/headers";
import { consentPolicy, SLOTS } from "~/attune/config";
import { ruleset } from "~/attune/ruleset";
import { Frame } from "~/components/frame";

/** These pages are decided on the server for whoever asks, so the first HTML is already theirs. */
export default async function ShopLayout({ children }: { children: React.ReactNode }) {
  const endpoint = process.env.ATTUNE_URL ?? "http://127.0.0.1:4600";
  const writeKey = process.env.ATTUNE_WRITE_KEY ?? "";
  const initial = await decideOnServer(
    { headers: await headers() },
    { endpoint, writeKey, policy: consentPolicy, slots: SLOTS, ruleset },
  );
  return (
    <Frame initial={initial} writeKey={writeKey}>
      {children}
    </Frame>
  );
}
