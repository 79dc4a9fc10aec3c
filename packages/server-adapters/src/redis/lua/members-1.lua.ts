import { script } from "../scripts.js";

/** Says that an owner takes part in a group, or no longer does; who else does. */
export const MEMBERS = script(
  1,
  `
-- Input
--   KEYS[1] members: sorted set of owners, by until when they are believed to live (Redis' own clock)
--   ARGV[1] owner, ARGV[2] for how long, ms; 0: it leaves
-- Output
--   the living owners

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if ARGV[2] == '0' then
  redis.call('ZREM', KEYS[1], ARGV[1])
else
  redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return redis.call('ZRANGE', KEYS[1], 0, -1)
`,
);
