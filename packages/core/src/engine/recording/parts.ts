import { reduceToConsent } from "../../events/consent-filter.js";
import type { Event } from "../../events/types.js";
import { createIdSource } from "../../kernel/ids.js";
import { secureRandom } from "../../kernel/random.js";
import { createDelivery } from "./delivery.js";
import { createDevice } from "./device.js";
import { createExposures } from "./exposures.js";
import { createIdentity } from "./identity.js";
import { createKeeper } from "./keeper.js";
import { createOverriding } from "./overriding.js";
import { createPushes } from "./pushes.js";
import type { RecordingContext } from "./types.js";
import { createVisitorModel } from "./visitor-model.js";

/** Makes the parts that record and learn. */
export function createParts(context: RecordingContext) {
  const { host, options, consent } = context;
  const { batchSize = 20, intervalMs = 1000 } = options.delivery ?? {};
  const { random = secureRandom } = host.environment;
  const newId = createIdSource(host.clock, random);
  const changed = (): void => {
    keeper.touch();
    context.changed();
    pushes.follow();
  };
  const device = createDevice(host, context.erased, changed);
  const identity = createIdentity(host, newId, context.visitor);
  const model = createVisitorModel();
  const exposures = createExposures();
  const keeper = createKeeper(host, device, () => {
    const visitor = identity.visitor();
    const [state, segments, told] = [model.keepable(), model.found(), model.told()];
    return visitor && { v: 1, visitor, state, segments, told, exposures: exposures.list() };
  });
  // What lies in the queue was made by `makeEvent`, here or in an earlier page of this site.
  const admit = (body: unknown): unknown =>
    reduceToConsent(body as Event, consent().grants, options.events?.definitions);
  const delivery = createDelivery(host, device, { batchSize, intervalMs, random, admit });
  /** Personalization is no longer allowed: nothing learned or told stays. */
  const unlearn = (): void => {
    model.unlearn();
    identity.unlearn();
  };
  const pushes = createPushes({ ...context, identity, model, changed }, random);
  return {
    ...context,
    changed,
    unlearn,
    newId,
    device,
    identity,
    model,
    exposures,
    keeper,
    delivery,
    pushes,
    overriding: createOverriding(context),
  };
}

export type RecordingParts = ReturnType<typeof createParts>;
