import { script } from "../scripts.js";

/** The packs of one shard that reach beyond a position, as many as hold so many records or bytes. */
export const READ = script(
  2,
  `
-- Input
--   KEYS[1] index, KEYS[2] packs
--   ARGV[1] position after which to read
--   ARGV[2] how many records are wanted
--   ARGV[3] how many bytes are enough
-- Output
--   {"1" if there may be more, position of the last record looked at, then id, when appended, pack for each}

local after = tonumber(ARGV[1])
local wanted, room = tonumber(ARGV[2]), tonumber(ARGV[3])
local out, reached = {'0', ARGV[1]}, after

-- False once there is enough.
local function take(entry)
  local first, count = string.match(entry[1], '^(%d+)-(%d+)$')
  local last = first + count - 1
  if last <= after then return true end
  local pack = redis.call('HGET', KEYS[2], first)
  if pack then
    out[#out + 1], out[#out + 2], out[#out + 3] = entry[1], entry[2][2], pack
    wanted = wanted - (last - math.max(after, first - 1))
    room = room - #pack
  end
  reached = last
  return wanted > 0 and room > 0
end

local enough = false
if after > 0 then
  -- The pack that the position lies in may hold more behind it.
  for _, entry in ipairs(redis.call('XREVRANGE', KEYS[1], ARGV[1], '-', 'COUNT', 1)) do
    enough = not take(entry)
  end
end
while not enough do
  local entries = redis.call('XRANGE', KEYS[1], string.format('%.0f-0', reached + 1), '+', 'COUNT', 32)
  for _, entry in ipairs(entries) do
    if not take(entry) then enough = true break end
  end
  if #entries < 32 then break end
end
if enough then out[1] = '1' end
out[2] = string.format('%.0f', reached)
return out
`,
);
