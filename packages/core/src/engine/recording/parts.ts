import { reduceToConsent } from "../../events/consent-filter.js";
import type { Event } from "../../events/types.js";
import { createIdSource } from "../../kernel/ids.js";
import { createSecureRandom } from "../../kernel/random.js";
import { createDelivery } from "./delivery.js";
import { createDevice } from "./device.js";
import { createExposures } from "./exposures.js";
import { createIdentity } from "./identity.js";
import { createFollowing } from "./following.js";
import { createKeeper } from "./keeper.js";
import type { Kept } from "./kept.js";
import { createOverriding } from "./overriding.js";
import { createModelsLater } from "./models-later.js";
import { createPushes } from "./pushes.js";
import { createSessions } from "./sessions.js";
import { NOTHING_TOLD } from "./told.js";
import type { RecordingContext } from "./types.js";
import { createVisitorModel } from "./visitor-model.js";

/** Makes the parts that record and learn. */
export function createParts(context: RecordingContext) {
  const { host, options, consent } = context;
  const { batchSize = 20, intervalMs = 1000 } = options.delivery ?? {};
  const { random = createSecureRandom() } = host.environment;
  const newId = createIdSource(host.clock, random);
  const changed = (): void => {
    keeper.touch();
    context.changed();
    pushes.follow();
    models.follow();
  };
  const device = createDevice(host, context.erased, changed);
  const identity = createIdentity(host, newId, context.visitor);
  const models = createModelsLater({
    ...{ host, load: options.models, consent, ruleset: context.ruleset },
    visitorId: () => identity.visitor()?.id ?? null,
    changed() {
      model.rescore();
      changed();
    },
  });
  const model = createVisitorModel(models);
  const exposures = createExposures();
  const sessions = createSessions(newId);
  const page = newId();
  const keeper = createKeeper({
    ...{ host, device, newId, page, find: model.find, told: model.told },
    mayLearn: () => consent().grants.personalization,
    behind: () => void following.look(),
  });
  // What lies in the queue was made by `makeEvent`, here or in an earlier page of this site.
  const admit = (body: unknown): unknown =>
    reduceToConsent(body as Event, consent().grants, options.events?.definitions);
  const delivery = createDelivery(host, device, { batchSize, intervalMs, random, admit, sync: context.sync });
  /** Personalization is no longer allowed: nothing learned or told stays. */
  const unlearn = (): void => {
    model.unlearn();
    identity.unlearn();
  };
  const pushes = createPushes({ ...context, identity, model, changed }, random);
  /** Goes on from what the pages of the device keep. */
  const take = (kept: Kept): void => {
    const visitor = identity.visitor();
    if (visitor?.id !== kept.visitor.id) {
      // That was about somebody else, and what that one still owes lies on the device, if it may.
      context.letGo();
      delivery.disown();
    }
    if (JSON.stringify(visitor) !== JSON.stringify(kept.visitor)) identity.become(kept.visitor);
    model.load(kept.state, kept.segments, kept.visitor.traits);
    // Where nobody tells any more, nobody would say that it is over.
    model.tell((host.environment.network?.follow && kept.told) ?? NOTHING_TOLD);
    exposures.load(kept.exposures);
    sessions.load(kept.next);
    keeper.took(kept);
  };
  const following = createFollowing({
    ...{ host, device, keeper, model, delivery, hold: context.hold, release: context.release },
    take(kept) {
      take(kept);
      context.changed();
      pushes.follow();
      models.follow();
    },
  });
  /** From now on the device keeps what this page knows, whoever it was about before. */
  const replace = async (): Promise<void> => {
    const visitor = identity.visitor();
    if (!visitor) return;
    const [state, segments, told] = [model.keepable(), model.found(), model.told()];
    await keeper.replace({
      ...{ v: 1, visitor, state, segments, told, exposures: exposures.list(), next: sessions.coming() },
    });
    void following.tell();
  };
  return {
    ...context,
    changed,
    unlearn,
    newId,
    device,
    identity,
    model,
    models,
    exposures,
    keeper,
    delivery,
    pushes,
    ...{ page, sessions, following, take, replace },
    overriding: createOverriding(context),
  };
}

export type RecordingParts = ReturnType<typeof createParts>;
