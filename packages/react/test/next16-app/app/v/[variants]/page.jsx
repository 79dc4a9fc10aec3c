import { precomputed, precomputedCodes } from "@attune/react/next";
import { notFound } from "next/navigation";
import { ruleset } from "../../../rules.js";

export async function generateStaticParams() {
  return (await precomputedCodes(["hero"], { ruleset })).map((variants) => ({ variants }));
}

export default async function Page({ params }) {
  const initial = await precomputed((await params).variants, { ruleset });
  if (initial === null) notFound();
  return <h1>{initial.decisions.hero.value}</h1>;
}
