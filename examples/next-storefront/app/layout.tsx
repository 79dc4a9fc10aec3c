import type { Metadata, Viewport } from "next";
import "@attune/react/consent/styles.css";
import "./globals.css";

export const metadata: Metadata = {
  title: { default: "Halden Goods", template: "%s · Halden Goods" },
  description: "Kitchen, light, outdoors and desk: good things, made to be used.",
};
export const viewport: Viewport = { width: "device-width", initialScale: 1, colorScheme: "light dark" };

/** Asks nothing of the request, so that pages below can be static; what is decided comes in the layouts below. */
export default function RootLayout({ children }: { children: React.ReactNode }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  );
}
