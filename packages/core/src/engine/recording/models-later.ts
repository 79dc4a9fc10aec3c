import type { PageModels, PageModelsOptions } from "./page-models.js";

const NOTHING = {};

/** {@link PageModels} whose code is fetched once a ruleset names models, some consent is given, and there is something to load them by: most pages never take it. */
export function createModelsLater(options: PageModelsOptions): PageModels {
  const { host, load, consent, ruleset, visitorId } = options;
  let models: PageModels | null = null;
  let fetching = false;
  let closed = false;
  const fetch = async (): Promise<void> => {
    try {
      const { createPageModels } = await import("./page-models.js");
      if (closed) return;
      models = createPageModels(options);
      models.follow();
    } catch (error) {
      host.report(error);
    }
  };
  return {
    follow() {
      if (models) return models.follow();
      const isCovered = Object.values(ruleset()?.ruleset.models ?? {}).some(({ purposes }) =>
        purposes.every((purpose) => consent().grants[purpose]),
      );
      if (fetching || !load || !isCovered || visitorId() === null) return;
      fetching = true;
      void fetch();
    },
    of: (vector) => models?.of(vector) ?? NOTHING,
    at: (vector) => models?.at(vector) ?? NOTHING,
    forget: () => models?.forget(),
    close() {
      closed = true;
      models?.close();
    },
  };
}
