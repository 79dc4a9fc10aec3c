import { script } from "../scripts.js";

/** Commits a position, for the owner of the shard alone. */
export const ADVANCE = script(
  2,
  `
-- Input
--   KEYS[1] lease, KEYS[2] committed
--   ARGV[1] owner, ARGV[2] for how long to keep the shard, ms, ARGV[3] group, ARGV[4] position
-- Output
--   1, or 0 if the shard is not the owner's (any more)

if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
if tonumber(redis.call('HGET', KEYS[2], ARGV[3]) or 0) < tonumber(ARGV[4]) then
  redis.call('HSET', KEYS[2], ARGV[3], ARGV[4])
end
return 1
`,
);
