export { type ApiKey, createKey, hashKey, type KeyKind } from "./auth/keys.js";
export type { BodyLimits } from "./http/body.js";
export type { LiveFrame } from "./live/frames.js";
export type { LiveFigures } from "./live/rates.js";
export type { ApartFigures, TallyFigures } from "./live/tallies.js";
export { createAttuneServer } from "./server.js";
export type { ShopPaths, ShopProduct, SimulatedShop } from "./simulate/shop.js";
export type { SimulationStatus } from "./simulate/simulation.js";
export type { AttuneServer, AttuneServerOptions } from "./types.js";
