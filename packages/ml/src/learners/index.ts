export { markovTransitions, type Transitions } from "./next-action/witten-bell.js";
export { nextAction, nextActionFrom } from "./next-action/next-action.js";
export type * from "./next-action/types.js";
