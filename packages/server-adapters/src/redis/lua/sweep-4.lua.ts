import { script } from "../scripts.js";

/** Removes what has expired from one partition, a bounded number of records a time. */
export const SWEEP = script(
  4,
  `
-- Input
--   KEYS[1] records, KEYS[2] order, KEYS[3] expiry, KEYS[4] tokens
--   ARGV[1] now, ms
--   ARGV[2] how many records at most
-- Output
--   how many records were removed

redis.call('ZREMRANGEBYSCORE', KEYS[4], '-inf', ARGV[1])
local sorts = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
if #sorts == 0 then return 0 end
redis.call('HDEL', KEYS[1], unpack(sorts))
redis.call('ZREM', KEYS[2], unpack(sorts))
redis.call('ZREM', KEYS[3], unpack(sorts))
return #sorts
`,
);
