"use client";

import type { InitialState } from "@attune/core";
import { browser } from "@attune/core/browser";
import { PersonalizationProvider } from "@attune/react";
import { ConsentBanner } from "@attune/react/consent";
import { useState } from "react";
import { consentPolicy } from "~/attune/config";
import { BagProvider } from "./bag";
import { InsightProvider } from "./insight-state";

export function Providers({
  initial,
  writeKey,
  children,
}: {
  initial: InitialState;
  writeKey?: string;
  children: React.ReactNode;
}) {
  const [options] = useState(() => ({
    environment: browser({ endpoint: "/attune", writeKey }),
    consent: { policy: consentPolicy },
  }));
  return (
    <PersonalizationProvider options={options} initial={initial}>
      {/* First in the body, so that it is first in reading and tab order. */}
      <ConsentBanner />
      <InsightProvider>
        <BagProvider>{children}</BagProvider>
      </InsightProvider>
    </PersonalizationProvider>
  );
}
