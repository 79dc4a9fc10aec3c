import { script } from "../scripts.js";

/** Counts the records of one shard behind a position, a bounded number of packs a time. */
export const LAG = script(
  3,
  `
-- Input
--   KEYS[1] index, KEYS[2] packs, KEYS[3] rewritten: hash, position of a pack's first record -> how many records it still has
--   ARGV[1] position after which to count
--   ARGV[2] how many packs at most
-- Output
--   {how many, "" or the position after which to go on, id and pack that the position lies in, if it does}

local after = tonumber(ARGV[1])
local out = {0, ''}
local start = after
if after > 0 then
  local entry = redis.call('XREVRANGE', KEYS[1], ARGV[1], '-', 'COUNT', 1)[1]
  if entry then
    local first, count = string.match(entry[1], '^(%d+)-(%d+)$')
    start = math.max(after, first + count - 1)
    if start > after then
      out[3], out[4] = entry[1], redis.call('HGET', KEYS[2], first)
    end
  end
end
local entries = redis.call('XRANGE', KEYS[1], string.format('%.0f-0', start + 1), '+', 'COUNT', ARGV[2])
local any = redis.call('EXISTS', KEYS[3]) == 1
for _, entry in ipairs(entries) do
  local first, count = string.match(entry[1], '^(%d+)-(%d+)$')
  out[1] = out[1] + tonumber(any and redis.call('HGET', KEYS[3], first) or count)
  start = first + count - 1
end
if #entries == tonumber(ARGV[2]) then out[2] = string.format('%.0f', start) end
return out
`,
);
