"use client";

export { AttuneDevtools, type AttuneDevtoolsProps } from "./attune-devtools.js";
export { en } from "./messages/en.js";
export type { DevtoolsMessages } from "./messages/types.js";
