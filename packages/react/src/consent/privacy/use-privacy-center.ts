import type { Attune, DeliveryEntry, EngineExport } from "@attune/core";
import { useCallback, useEffect, useMemo, useReducer, useRef, useState } from "react";
import { useFlag, usePersonalization } from "../../context.js";
import { useConsent } from "../../use-consent.js";

/** What the site's back end does for this visitor: whoever calls it is known to it by a cookie or token, not by what is handed in here. */
export interface PrivacyBackEnd {
  /** Everything it holds of this visitor, to be put into the file. */
  export?(): Promise<unknown>;
  /** Resolves when everything of this visitor is erased. */
  erase?(): Promise<unknown>;
}

/** How an action is going; `partly`: without what the back end holds. */
export type PrivacyProgress = "idle" | "busy" | "done" | "partly" | "failed";

export interface PrivacyCenter {
  /** What this page and device know; null while it is read, and `failed` where that was not possible. */
  held: { data: EngineExport; events: readonly DeliveryEntry[] } | "failed" | null;
  taking: PrivacyProgress;
  erasing: PrivacyProgress;
  /** Puts everything together, the back end's part too (null without one), and hands it on to be saved. */
  take(save: (everything: { device: EngineExport; server: unknown }) => void): Promise<void>;
  /** Has the back end erase, then forgets the visitor here. Where the back end fails nothing is forgotten, so that it can be tried again. */
  erase(): Promise<void>;
}

async function look(attune: Attune): Promise<PrivacyCenter["held"]> {
  try {
    await attune.ready();
    return { data: await attune.export(), events: attune.deliveries() };
  } catch {
    // The part that records could not be loaded; the engine has reported it.
    return "failed";
  }
}

/** The behaviour of a privacy centre without its looks: make your own with it, or use `<PrivacyCenter>`. */
export function usePrivacyCenter(backEnd: PrivacyBackEnd = {}): PrivacyCenter {
  const { attune, started } = usePersonalization();
  const { state } = useConsent();
  const isStarted = useFlag(started);
  const [round, lookAgain] = useReducer((count: number) => count + 1, 0);
  const [held, setHeld] = useState<PrivacyCenter["held"]>(null);
  const [taking, setTaking] = useState<PrivacyProgress>("idle");
  const [erasing, setErasing] = useState<PrivacyProgress>("idle");
  const asked = useRef(backEnd);
  useEffect(() => {
    asked.current = backEnd;
  });

  useEffect(() => {
    if (!isStarted) return;
    let wanted = true;
    void look(attune).then((found) => wanted && setHeld(found));
    return () => {
      wanted = false;
    };
    // What is held changes with what is allowed.
  }, [attune, isStarted, state, round]);

  const take = useCallback<PrivacyCenter["take"]>(
    async (save) => {
      setTaking("busy");
      try {
        await attune.ready();
        const device = await attune.export();
        let server: unknown = null;
        let whole = true;
        try {
          server = (await asked.current.export?.()) ?? null;
        } catch {
          whole = false;
        }
        save({ device, server });
        setTaking(whole ? "done" : "partly");
      } catch {
        setTaking("failed");
      }
    },
    [attune],
  );

  const erase = useCallback(async (): Promise<void> => {
    setErasing("busy");
    try {
      await asked.current.erase?.();
      await attune.forget();
      setErasing("done");
    } catch {
      setErasing("failed");
    }
    lookAgain();
  }, [attune]);

  return useMemo(() => ({ held, taking, erasing, take, erase }), [held, taking, erasing, take, erase]);
}
