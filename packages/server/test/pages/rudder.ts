import { RudderAnalytics } from "@rudderstack/analytics-js/bundled";

/** RudderStack's client, by its own queue or by beacons. */
Object.assign(globalThis, {
  rudder(
    writeKey: string,
    address: string,
    { allowed, useBeacon = false }: { allowed: string[]; useBeacon?: boolean },
  ) {
    const analytics = new RudderAnalytics();
    analytics.load(writeKey, address, {
      configUrl: address,
      useBeacon,
      beaconQueueOptions: { maxItems: 3, flushQueueInterval: 200 },
      consentManagement: {
        enabled: true,
        provider: "custom",
        allowedConsentIds: allowed,
        deniedConsentIds: ["advertising"],
      },
    });
    analytics.page("Shop", "Garden", { department: "outdoor" });
    analytics.track("Product Viewed", { product_id: "p-1", price: 79, category: "garden" });
    analytics.identify("user-9", { plan: "gold" });
    analytics.track("Order Completed", { order_id: "o-1", revenue: 158, currency: "EUR" });
    analytics.group("company-3", { employees: 12 });
    analytics.alias("user-10");
    return new Promise((resolve) => analytics.ready(() => resolve(analytics.getAnonymousId())));
  },
});
