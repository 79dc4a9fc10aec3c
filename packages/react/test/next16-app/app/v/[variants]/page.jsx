import { precomputed, precomputedCodes } from "@attune/react/next";
import { notFound, redirect } from "next/navigation";
import { ruleset } from "../../../rules.js";

export async function generateStaticParams() {
  return (await precomputedCodes(["hero"], { ruleset })).map((variants) => ({ variants }));
}

async function subscribe(form) {
  "use server";
  redirect(`/?subscribed=${form.get("name")}`);
}

export default async function Page({ params }) {
  const initial = await precomputed((await params).variants, { ruleset });
  if (initial === null) notFound();
  return (
    <>
      <h1>{initial.decisions.hero.value}</h1>
      <form action={subscribe}>
        <input name="name" />
      </form>
    </>
  );
}
