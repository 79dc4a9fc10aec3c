import { script } from "../scripts.js";

/** How many living records a partition has; on demand it is removed with all that belongs to it. */
export const COUNT = script(
  4,
  `
-- Input
--   KEYS[1] records, KEYS[2] order, KEYS[3] expiry, KEYS[4] tokens
--   ARGV[1] now, ms
--   ARGV[2] "1": remove the partition
-- Output
--   how many records had not expired

local count = redis.call('HLEN', KEYS[1]) - redis.call('ZCOUNT', KEYS[3], '-inf', ARGV[1])
if ARGV[2] == '1' then redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3], KEYS[4]) end
return count
`,
);
