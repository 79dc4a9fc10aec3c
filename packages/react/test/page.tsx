/** What the real-browser tests mount; bundled for each React that is supported. */
import { type Attune, createAttune } from "@attune/core";
import { browser } from "@attune/core/browser";
import { describePolicy, policyDe, policyEn } from "@attune/core/policy";
import {
  ConsentBanner,
  ConsentSettingsButton,
  de,
  en,
  es,
  fr,
  PrivacyCenter,
  privacyDe,
  privacyEn,
  PrivacyPolicy,
} from "@attune/react/consent";
import * as devtools from "@attune/react/devtools";
import {
  Experiment,
  PersonalizationProvider,
  Personalize,
  useConsent,
  useVariant,
  Variant,
} from "@attune/react";
import { Profiler, StrictMode, version } from "react";
import { flushSync } from "react-dom";
import { createRoot, hydrateRoot, type Root } from "react-dom/client";
import { renderToString } from "react-dom/server.browser";
import { policy, ruleset } from "./kit.js";

const container = (): HTMLElement => document.getElementById("root") as HTMLElement;

function engine(endpoint?: string): { attune: Attune; exposed: string[] } {
  const attune = createAttune({
    environment: browser({ capture: false, ...(endpoint !== undefined && { endpoint }) }),
    consent: { policy },
    decisions: { ruleset },
  });
  const exposed: string[] = [];
  const expose = attune.expose;
  attune.expose = (slot, shown) => {
    exposed.push(slot);
    expose(slot, shown);
  };
  return { attune, exposed };
}

/** What updates came to. */
interface Load {
  updates: number;
  renders: number;
  commits: number;
  longest: number;
}

const CATALOGUES = { de, en, es, fr };
const PERSONAS = { Shopper: { segments: ["shoppers", "readers"] } };

function Banner({ language }: { language: keyof typeof CATALOGUES }) {
  const { grants } = useConsent();
  const messages = CATALOGUES[language];
  return (
    <>
      <ConsentBanner messages={messages} policyUrl="/privacy" />
      <main>
        <h1>Shop</h1>
        <p id="grants">{Object.entries(grants).flatMap(([purpose, yes]) => (yes ? [purpose] : []))}</p>
        <ConsentSettingsButton messages={messages} />
      </main>
    </>
  );
}

function Words() {
  return <b>{String(useVariant("cta", "?"))}</b>;
}

let bannerRoot: Root | undefined;
let shown = 0;

export const pages = {
  version,

  /** A banner that nobody has answered; called again, one in another language takes its place, with an engine of its own. */
  banner(language: keyof typeof CATALOGUES = "en"): void {
    bannerRoot ??= createRoot(container());
    const root = bannerRoot;
    // At once, so that nobody meets the one before.
    flushSync(() =>
      root.render(
        <StrictMode key={shown++}>
          <PersonalizationProvider
            options={{ environment: browser({ capture: false }), consent: { policy } }}
          >
            <Banner language={language} />
          </PersonalizationProvider>
        </StrictMode>,
      ),
    );
  },

  /** A visitor of whom something is known, looking at the privacy centre and the policy under it. */
  async privacy(language: "de" | "en" = "en", known = true): Promise<void> {
    // Nobody answers there: what is recorded waits to be sent.
    const environment = browser({
      capture: false,
      endpoint: "",
      writeKey: "wk_test",
      report: () => undefined,
    });
    const attune = createAttune({ environment, consent: { policy }, decisions: { ruleset } });
    attune.start();
    await attune.ready();
    if (known) {
      await attune.consent.grant("all", "banner");
      await attune.identify("ann-7", { plan: "gold", newsletter: true }, { theme: "dark" });
      await attune.page();
      for (const product_id of ["hat-1", "scarf-2"]) await attune.track("Product Viewed", { product_id });
    }
    const isGerman = language === "de";
    const about = {
      consent: { ...policy, regions: { "US-CA": "opt-out" as const } },
      known: ["Product Viewed" as const],
      controller: { name: "Hats Ltd", contact: "privacy@hats.example" },
      recipients: { advertising: ["Adverts Inc"] },
    };
    createRoot(container()).render(
      <StrictMode>
        <PersonalizationProvider attune={attune}>
          <main>
            <h1>Shop</h1>
            <PrivacyCenter
              messages={isGerman ? privacyDe : privacyEn}
              consentMessages={CATALOGUES[language]}
              policyUrl="#rights"
              backEnd={{
                export: async () => ({ visitors: 1 }),
                erase: async () => void (await fetch("/erased", { method: "POST" })),
              }}
            />
            <PrivacyPolicy document={describePolicy(about, isGerman ? policyDe : policyEn)} />
          </main>
        </PersonalizationProvider>
      </StrictMode>,
    );
  },

  /** A slot above the fold, one below it and one that nothing may be decided for until consent; says what is exposed. */
  async slots(granted: boolean): Promise<{ exposed: string[]; attune: Attune }> {
    const { attune, exposed } = engine();
    attune.start();
    await attune.ready();
    await (granted ? attune.consent.grant("all") : attune.consent.deny("all"));
    createRoot(container()).render(
      <StrictMode>
        <PersonalizationProvider attune={attune}>
          <h1>
            <Personalize slot="top">{(value) => String(value)}</Personalize>
          </h1>
          <div style={{ height: "300vh" }} />
          <Experiment slot="cta">
            <Variant name="a">
              <button type="button">Buy</button>
            </Variant>
            <Variant name="b">
              <button type="button">Buy now</button>
            </Variant>
          </Experiment>
        </PersonalizationProvider>
      </StrictMode>,
    );
    return { attune, exposed };
  },

  /** Two views of one slot, one that waits while it is read and one that does not, and how often the browser was asked for a transition. */
  async reading(): Promise<{ attune: Attune; transitions(): number; shift(): number }> {
    const { attune } = engine();
    attune.start();
    await attune.ready();
    await attune.consent.grant("all");
    let count = 0;
    let shift = 0;
    const start = document.startViewTransition?.bind(document);
    document.startViewTransition = (change) => {
      count++;
      return start(change);
    };
    // What the host has named for transitions of its own.
    document.documentElement.style.setProperty("view-transition-name", "page");
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) shift += (entry as PerformanceEntry & { value: number }).value;
    }).observe({ type: "layout-shift", buffered: true });
    const words = ({ title }: { title: string }) => <p>{title}</p>;
    createRoot(container()).render(
      <StrictMode>
        <PersonalizationProvider attune={attune}>
          <section id="steady">
            <Personalize slot="hero">{words}</Personalize>
          </section>
          <section id="at-once">
            <Personalize slot="hero" updates="at-once">
              {words}
            </Personalize>
          </section>
          <div style={{ height: "300vh" }} />
        </PersonalizationProvider>
      </StrictMode>,
    );
    return { attune, transitions: () => count, shift: () => shift };
  },

  /**
   * A thousand components that read a slot, one of them a slot of its own, under a hundred updates a second: first events that decide nothing, then changes
   * of that one slot. What each comes to: renders and commits (by React's Profiler), and the longest task that the browser calls long (above 50 ms
   * by the clock).
   */
  async many(): Promise<Record<"events" | "changes", (seconds: number) => Promise<Load>>> {
    const { attune } = engine();
    attune.start();
    await attune.ready();
    await attune.consent.grant("all");
    const seen = { renders: 0, commits: 0 };
    const Reader = ({ slot }: { slot: string }) => {
      seen.renders++;
      return <i>{JSON.stringify(useVariant(slot))}</i>;
    };
    createRoot(container()).render(
      <PersonalizationProvider attune={attune}>
        <Profiler id="readers" onRender={() => seen.commits++}>
          {Array.from({ length: 1000 }, (_, i) => (
            <Reader key={i} slot={i === 0 ? "top" : (["hero", "cta", "hidden"][i % 3] as string)} />
          ))}
        </Profiler>
      </PersonalizationProvider>,
    );
    await new Promise((resolve) => setTimeout(resolve, 500));
    const under =
      (update: (n: number) => void) =>
      async (seconds: number): Promise<Load> => {
        let longest = 0;
        let updates = 0;
        Object.assign(seen, { renders: 0, commits: 0 });
        const end = attune.subscribe(() => updates++);
        const observer = new PerformanceObserver((list) => {
          for (const { duration } of list.getEntries()) longest = Math.max(longest, duration);
        });
        observer.observe({ type: "longtask" });
        const started = performance.now();
        for (let sent = 0; sent < seconds * 100; sent++) {
          update(sent);
          const wait = started + (sent + 1) * 10 - performance.now();
          if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
        }
        await new Promise((resolve) => setTimeout(resolve, 200));
        end();
        observer.disconnect();
        return { updates, longest, ...seen };
      };
    return {
      events: under((n) => void attune.track("Something Else", { n })),
      changes: under((n) => attune.force("top", n % 2 === 0 ? "plain" : "summer")),
    };
  },

  /** A page with the devtools; `away` takes them out of it. */
  async devtools(
    language: "de" | "en" | "es" | "fr" = "en",
  ): Promise<{ attune: Attune; exposed: string[]; away(): void }> {
    const { attune, exposed } = engine("");
    attune.start();
    await attune.ready();
    await attune.consent.grant("all");
    const root = createRoot(container());
    const tree = (tools: boolean) => (
      <StrictMode>
        <PersonalizationProvider attune={attune}>
          <main>
            <h1>
              <Personalize slot="hero">{({ title }: { title: string }) => title}</Personalize>
            </h1>
          </main>
          {tools && <devtools.AttuneDevtools messages={devtools[language]} personas={PERSONAS} />}
        </PersonalizationProvider>
      </StrictMode>
    );
    root.render(tree(true));
    return { attune, exposed, away: () => root.render(tree(false)) };
  },

  /**
   * What a "server" rendered has stood in the page for a while when it is hydrated; somebody else's content is decided right after that, or
   * right before.
   */
  async hydrateRead(when: "after" | "before"): Promise<void> {
    const server = createAttune({ consent: { policy }, decisions: { ruleset } });
    server.start();
    await server.consent.grant("all");
    const attune = createAttune({
      environment: browser({ capture: false }),
      consent: { policy },
      initial: {
        ruleset,
        rulesetVersion: server.snapshot().rulesetVersion,
        stateVersion: 1,
        decisions: { hero: server.decide("hero") },
        segments: {},
        consent: server.consent.receipt(),
        now: Date.now(),
      },
    });
    const tree = (
      <PersonalizationProvider attune={attune}>
        <Personalize slot="hero">{({ title }: { title: string }) => <h1 id="read">{title}</h1>}</Personalize>
        <div style={{ height: "300vh" }} />
      </PersonalizationProvider>
    );
    container().innerHTML = renderToString(tree);
    attune.start();
    await attune.consent.grant("all");
    await new Promise((resolve) => setTimeout(resolve, 900));
    const becomeReader = async (): Promise<void> => {
      await attune.page();
      await attune.page();
    };
    if (when === "before") await becomeReader();
    hydrateRoot(container(), tree);
    await new Promise((resolve) => setTimeout(resolve, 100));
    if (when === "after") await becomeReader();
    await new Promise((resolve) => setTimeout(resolve, 100));
  },

  /** Renders on a "server", hydrates, and gives the recoverable errors. */
  async hydrate(): Promise<{ html: string; errors: string[]; text: string; shift: number }> {
    const server = createAttune({ consent: { policy }, decisions: { ruleset } });
    server.start();
    await server.ready();
    await server.consent.grant("all");
    const initial = {
      ruleset,
      rulesetVersion: server.snapshot().rulesetVersion,
      stateVersion: 1,
      decisions: { cta: server.decide("cta") },
      segments: {},
      consent: server.consent.receipt(),
      now: Date.now(),
    };
    const tree = () => (
      <StrictMode>
        <PersonalizationProvider
          options={{ environment: browser({ capture: false }), consent: { policy } }}
          initial={initial}
        >
          <p>
            <Words />
          </p>
          <Personalize slot="cta">{(value) => <p>{String(value)}</p>}</Personalize>
          <ConsentBanner />
        </PersonalizationProvider>
      </StrictMode>
    );
    const html = renderToString(tree());
    container().innerHTML = html;
    const errors: string[] = [];
    hydrateRoot(container(), tree(), { onRecoverableError: (error) => errors.push(String(error)) });
    let shift = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) shift += (entry as PerformanceEntry & { value: number }).value;
    }).observe({ type: "layout-shift", buffered: true });
    await new Promise((resolve) => setTimeout(resolve, 300));
    return { html, errors, text: container().textContent ?? "", shift };
  },
};

declare global {
  var pagesUnderTest: typeof pages;
}
globalThis.pagesUnderTest = pages;
