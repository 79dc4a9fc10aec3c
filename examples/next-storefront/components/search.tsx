"use client";

import { useSearchParams } from "next/navigation";
import { Suspense } from "react";

function Box({ query }: { query: string }) {
  return (
    <form className="search" action="/search" role="search">
      <input
        key={query}
        type="search"
        name="q"
        aria-label="Search the shop"
        placeholder="Search"
        maxLength={60}
        defaultValue={query}
      />
    </form>
  );
}

function BoxOfThisPage() {
  return <Box query={useSearchParams().get("q") ?? ""} />;
}

/** The search box; on the page of results it still holds what was looked for. */
export function Search() {
  return (
    <Suspense fallback={<Box query="" />}>
      <BoxOfThisPage />
    </Suspense>
  );
}
