import { browser } from "@attune/core/browser";
import { PersonalizationProvider } from "@attune/react";
import { AttuneDevtools } from "@attune/react/devtools";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app";
import { ruleset } from "./model";
import "@attune/react/consent/styles.css";
import "@attune/react/devtools/styles.css";
import "./style.css";

const options = {
  // Without an endpoint nothing is sent.
  environment: browser(),
  consent: { policy: { version: "2026-11", purposes: ["analytics", "personalization"] as const } },
  decisions: { ruleset },
};

createRoot(document.getElementById("root") as HTMLElement).render(
  <StrictMode>
    <PersonalizationProvider options={options}>
      <App />
      {import.meta.env.DEV && (
        <AttuneDevtools
          personas={{ "A rye lover": { segments: ["rye-lovers"] }, "Somebody new": { segments: [] } }}
        />
      )}
    </PersonalizationProvider>
  </StrictMode>,
);
