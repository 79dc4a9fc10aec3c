import { decideOnServer } from "@attune/react/server";
import type { Metadata, Viewport } from "next";
import { headers } from "next/headers";
import { Footer, Header } from "~/components/chrome";
import { Insight } from "~/components/insight";
import { Nudge } from "~/components/nudge";
import { Providers } from "~/components/providers";
import { consentPolicy, SLOTS } from "~/attune/config";
import { ruleset } from "~/attune/ruleset";
import "@attune/react/consent/styles.css";
import "./globals.css";

export const metadata: Metadata = {
  title: { default: "Halden Goods", template: "%s · Halden Goods" },
  description: "Kitchen, light, outdoors and desk: good things, made to be used.",
};
export const viewport: Viewport = { width: "device-width", initialScale: 1, colorScheme: "light dark" };

/** Every page is decided on the server for whoever asks, so the first HTML is already theirs. */
export default async function RootLayout({ children }: { children: React.ReactNode }) {
  const endpoint = process.env.ATTUNE_URL ?? "http://127.0.0.1:4600";
  const writeKey = process.env.ATTUNE_WRITE_KEY ?? "";
  const initial = await decideOnServer(
    { headers: await headers() },
    { endpoint, writeKey, policy: consentPolicy, slots: SLOTS, ruleset },
  );
  return (
    <html lang="en">
      <body>
        <Providers initial={initial} writeKey={writeKey}>
          <div className="frame">
            <Header />
            <Nudge />
            <main id="main">{children}</main>
            <Footer />
          </div>
          <Insight />
        </Providers>
      </body>
    </html>
  );
}
