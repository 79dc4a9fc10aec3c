export { type AttuneSlotElement, defineAttuneSlot, type DefineAttuneSlotOptions } from "./attune-slot.js";
