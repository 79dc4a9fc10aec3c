"use client";

import { Personalize } from "@attune/react";
import Link from "next/link";
import { usePathname } from "next/navigation";

/** The line keeps its place when it is empty, so that it never pushes the page down. */
export function Nudge() {
  const path = usePathname();
  return (
    <aside className="nudge" aria-live="polite" data-testid="nudge">
      <div className="wrap">
        <Personalize slot="nudge" fallback={<DefaultLine />}>
          {(value) =>
            value === null ? (
              <DefaultLine />
            ) : (
              <>
                {value.text} {value.href !== path && <Link href={value.href}>{value.action}</Link>}
              </>
            )
          }
        </Personalize>
      </div>
    </aside>
  );
}

function DefaultLine() {
  return <>Free delivery from €60, thirty days to return.</>;
}
