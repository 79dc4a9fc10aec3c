import { precomputed } from "@attune/react/next";
import { notFound } from "next/navigation";
import { ruleset } from "~/attune/ruleset";
import { Frame } from "~/components/frame";

/** Pages that are made once per variant and kept: `middleware.ts` decides, and asks for the copy that shows it. Nothing of a visitor is in them. */
export default async function VariantsLayout({
  params,
  children,
}: {
  params: Promise<{ variants: string }>;
  children: React.ReactNode;
}) {
  const initial = await precomputed((await params).variants, { ruleset });
  if (initial === null) notFound();
  return <Frame initial={initial}>{children}</Frame>;
}
