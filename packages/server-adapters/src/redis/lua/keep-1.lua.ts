import { script } from "../scripts.js";

/** Keeps a shard longer, or gives it back. */
export const KEEP = script(
  1,
  `
-- Input
--   KEYS[1] lease
--   ARGV[1] owner, ARGV[2] for how long, ms; 0: give it back
-- Output
--   1, or 0 if the shard is not the owner's (any more)

if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[2] == '0' then return redis.call('DEL', KEYS[1]) end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
`,
);
