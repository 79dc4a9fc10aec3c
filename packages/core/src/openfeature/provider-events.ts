import type {
  AnyProviderEvent,
  EventContext,
  EventHandler,
  Logger,
  ProviderEventEmitter,
} from "@openfeature/core";

/** What OpenFeature listens to a provider by, without its code: a handler that throws keeps the others from nothing. */
export function createProviderEvents<E extends AnyProviderEvent>(): ProviderEventEmitter<E> {
  const handlers = new Map<AnyProviderEvent, Set<EventHandler>>();
  let logger: Logger | undefined;
  const events: ProviderEventEmitter<E> = {
    emit(type: E, context?: EventContext) {
      for (const handler of handlers.get(type) ?? []) {
        void (async () =>
          handler({ ...context, providerName: "attune" } as Parameters<EventHandler>[0]))().catch(
          (error: unknown) => logger?.error("A handler of a provider's event failed.", error),
        );
      }
    },
    addHandler(type, handler) {
      handlers.set(type, (handlers.get(type) ?? new Set()).add(handler));
    },
    removeHandler: (type, handler) => void handlers.get(type)?.delete(handler),
    removeAllHandlers: (type) => void (type === undefined ? handlers.clear() : handlers.delete(type)),
    getHandlers: (type) => [...(handlers.get(type) ?? [])],
    setLogger(given) {
      logger = given;
      return events;
    },
  };
  return events;
}
