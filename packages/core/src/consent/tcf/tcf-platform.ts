import { AttuneError } from "../../kernel/errors.js";
import type { ConsentPlatform } from "../connect-platform.js";
import { fromTcf, type TcData, type TcfReadOptions } from "./from-tcf.js";

/** `__tcfapi` as the framework defines it. */
export type TcfApi = (
  command: "addEventListener" | "removeEventListener",
  version: 2,
  callback: (result: never, success: boolean) => void,
  parameter?: number,
) => void;

export interface TcfPlatformOptions extends TcfReadOptions {
  /** Default: the page's `__tcfapi`. In a frame whose parent has it: what asks the parent. */
  api?: TcfApi;
}

/**
 * A consent platform that speaks the framework's API, for `connectConsentPlatform(attune, tcfPlatform())`. The framework has no way to tell the
 * platform of what is decided elsewhere.
 *
 * Listening throws AttuneError `ATTUNE_CONSENT_TCF_API` where there is no `__tcfapi`: the platform's stub has to stand before this in the page.
 */
export function tcfPlatform({ api, ...options }: TcfPlatformOptions = {}): ConsentPlatform {
  return {
    listen(tell) {
      const { __tcfapi: found } = globalThis as { __tcfapi?: TcfApi };
      const call = api ?? found;
      if (typeof call !== "function")
        throw new AttuneError(
          "ATTUNE_CONSENT_TCF_API",
          "There is no __tcfapi in this page: put the consent platform's script (at least its stub) before the one that connects to it.",
        );
      let id: number | null | undefined;
      let ended = false;
      const end = (): void => {
        if (id != null) call("removeEventListener", 2, () => undefined, id);
      };
      const hear = (data: TcData | null, success: boolean): void => {
        if (!success || !data) return;
        id = data.listenerId;
        if (ended) end();
        else tell(fromTcf(data, options));
      };
      call("addEventListener", 2, hear);
      return () => {
        ended = true;
        end();
      };
    },
  };
}
