import { AnalyticsBrowser } from "@segment/analytics-next";

/** Segment's client, with the consent that a consent platform's wrapper adds to each message. */
Object.assign(globalThis, {
  async segment(
    writeKey: string,
    cdnURL: string,
    { preferences, batching = false }: { preferences?: Record<string, boolean>; batching?: boolean },
  ) {
    const strategy = { strategy: "batching", config: { size: 4, timeout: 200 } } as const;
    const analytics = AnalyticsBrowser.load(
      { writeKey, cdnURL },
      batching ? { integrations: { "Segment.io": { deliveryStrategy: strategy } } } : {},
    );
    if (preferences) {
      await analytics.addSourceMiddleware(({ payload, next }) => {
        Object.assign(payload.obj.context ?? {}, { consent: { categoryPreferences: preferences } });
        next(payload);
      });
    }
    await analytics.page("Garden", { department: "outdoor" });
    await analytics.track("Product Viewed", { product_id: "p-1", price: 79, category: "garden" });
    await analytics.identify("user-7", { plan: "gold" });
    await analytics.track("Order Completed", { order_id: "o-1", revenue: 158, currency: "EUR" });
    await analytics.group("company-3", { employees: 12 });
    await analytics.alias("user-8");
    return (await analytics.user()).anonymousId();
  },
});
