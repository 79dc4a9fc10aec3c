import type { Clock } from "./clock.js";
import type { RandomSource } from "./random.js";

export type IdSource = () => string;

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0");

/**
 * UUIDv7 (RFC 9562 §5.7): 48 bits of milliseconds, a counter of 12 bits that begins at random, then 62 bits of chance. Within one source
 * ids are strictly increasing even when the clock stands still or steps back: the counter goes up (§6.2, method 1).
 */
export function createIdSource(clock: Clock, random: RandomSource): IdSource {
  let lastMs = -1;
  let counter = 0;
  return () => {
    const now = Math.max(0, Math.floor(clock.now()));
    if (now > lastMs) {
      lastMs = now;
      counter = Math.floor(random() * 0x800);
    } else if (++counter > 0xfff) {
      lastMs += 1;
      counter = 0;
    }
    const time = hex(lastMs, 12);
    const variant = hex(0x8000 | Math.floor(random() * 0x4000), 4);
    const tail = hex(Math.floor(random() * 0x1000000), 6) + hex(Math.floor(random() * 0x1000000), 6);
    return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(counter, 3)}-${variant}-${tail}`;
  };
}
