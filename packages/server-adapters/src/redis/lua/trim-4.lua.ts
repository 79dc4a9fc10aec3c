import { script } from "../scripts.js";

/** Drops packs of one shard that are old and that every group has committed, looking at a bounded number a time. */
export const TRIM = script(
  4,
  `
-- Input
--   KEYS[1] index, KEYS[2] packs, KEYS[3] rewritten, KEYS[4] committed: hash, group -> position
--   ARGV[1] what is older than this, ms
--   ARGV[2] id to start from
--   ARGV[3] how many packs at most
-- Output
--   {how many records were dropped, "" or the id to go on from, "" or the position that all have committed inside an old pack, its id}

local settled = math.huge
for _, position in ipairs(redis.call('HVALS', KEYS[4])) do settled = math.min(settled, tonumber(position)) end
local before = tonumber(ARGV[1])
local dropped, inside, insideId = 0, '', ''
local entries = redis.call('XRANGE', KEYS[1], ARGV[2], '+', 'COUNT', ARGV[3])
local next = ''
for _, entry in ipairs(entries) do
  local first, count = string.match(entry[1], '^(%d+)-(%d+)$')
  local at = tonumber(entry[2][2])
  -- Clocks of hosts differ by less than an hour, so behind what is so much newer nothing is old.
  if tonumber(first) > settled or at >= before + 3600000 then return {dropped, '', inside, insideId} end
  if at < before then
    if first + count - 1 <= settled then
      dropped = dropped + tonumber(redis.call('HGET', KEYS[3], first) or count)
      redis.call('XDEL', KEYS[1], entry[1])
      redis.call('HDEL', KEYS[2], first)
      redis.call('HDEL', KEYS[3], first)
    else
      inside, insideId = string.format('%.0f', settled), entry[1]
    end
  end
  next = string.format('%.0f-0', first + count)
end
if #entries < tonumber(ARGV[3]) then next = '' end
return {dropped, next, inside, insideId}
`,
);
