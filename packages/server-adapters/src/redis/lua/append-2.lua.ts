import { script } from "../scripts.js";

/** Appends packed entries to one shard. */
export const APPEND = script(
  2,
  `
-- Input
--   KEYS[1] index: stream, one entry for each pack, its id being "<position of the first record>-<how many>"
--   KEYS[2] packs: hash, position of the first record -> pack; "last" -> the position given out last
--   ARGV[1] when they were appended, ms
--   ARGV[2...] three for each pack: how many records; hashes of their keys; the pack
-- Output
--   "OK"

-- Positions begin at the time, in steps of a 1024th of a millisecond. A failover may lose the last packs and with them what "last" was;
-- counting on from there would give out positions again that a consumer believes to have behind it.
local time = redis.call('TIME')
local present = (time[1] * 1000 + math.floor(time[2] / 1000)) * 1024
local last = tonumber(redis.call('HGET', KEYS[2], 'last') or 0)
for i = 2, #ARGV, 3 do
  local position = math.max(last + 1, present)
  local first = string.format('%.0f', position)
  last = position + ARGV[i] - 1
  redis.call('HSET', KEYS[2], first, ARGV[i + 2], 'last', string.format('%.0f', last))
  redis.call('XADD', KEYS[1], first .. '-' .. ARGV[i], 'at', ARGV[1], 'keys', ARGV[i + 1])
end
return 'OK'
`,
);
