import type { Route } from "../http/route.js";
import type { AttuneServerOptions } from "../types.js";
import { auditRoutes } from "./audit.js";
import { consentRoutes } from "./consent.js";
import { dashboardRoutes } from "./dashboard.js";
import { dataRoutes } from "./data.js";
import { decisionRoutes } from "./decisions.js";
import { eventRoutes } from "./events.js";
import { experimentResultRoutes } from "./experiment-results.js";
import { experimentRoutes } from "./experiments.js";
import { figureRoutes } from "./figures.js";
import { handoverRoutes } from "./handover.js";
import { healthRoutes } from "./health.js";
import { monitoringRoutes } from "./monitoring.js";
import { ofrepRoutes } from "./ofrep.js";
import { openapiRoutes } from "./openapi.js";
import { landingRoutes } from "./pages.js";
import { privacyEventRoutes } from "./privacy-events.js";
import { privacyReportRoutes } from "./privacy-report.js";
import { receiptRoutes } from "./receipts.js";
import { rulesetRoutes } from "./ruleset.js";
import { segmentRoutes } from "./segment.js";
import { segmentDefinitionRoutes } from "./segments.js";
import { segmentSettingsRoutes } from "./segment-settings.js";
import { seriesRoutes } from "./series.js";
import { simulationRoutes } from "./simulation.js";
import { streamRoutes } from "./stream.js";
import type { RouteContext } from "./context.js";

/** Every route of the server. */
export function allRoutes(context: RouteContext, { metrics, dashboard }: AttuneServerOptions): Route[] {
  const routes: Route[] = [
    ...eventRoutes(context),
    ...privacyEventRoutes(context),
    ...segmentRoutes(context),
    ...segmentSettingsRoutes(context),
    ...streamRoutes(context),
    ...consentRoutes(context),
    ...receiptRoutes(context),
    ...handoverRoutes(context),
    ...dataRoutes(context),
    ...auditRoutes(context),
    ...privacyReportRoutes(context),
    ...decisionRoutes(context),
    ...ofrepRoutes(context),
    ...rulesetRoutes(context),
    ...segmentDefinitionRoutes(context),
    ...experimentRoutes(context),
    ...experimentResultRoutes(context),
    ...figureRoutes(context),
    ...seriesRoutes(context),
    ...simulationRoutes(context),
    ...healthRoutes(context),
    ...monitoringRoutes(context, metrics?.open === true),
    ...dashboardRoutes(context, dashboard?.directory ?? null),
    ...openapiRoutes(() => routes.filter(({ page }) => page !== true), context.basePath),
    ...landingRoutes(context, dashboard !== undefined),
  ];
  return routes;
}
