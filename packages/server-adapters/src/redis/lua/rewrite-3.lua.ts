import { script } from "../scripts.js";

/** Puts a shorter pack in the place of one, or removes it, if nobody has changed it since it was read. */
export const REWRITE = script(
  3,
  `
-- Input
--   KEYS[1] index, KEYS[2] packs, KEYS[3] rewritten
--   ARGV[1] id of the entry
--   ARGV[2] SHA-1 of the pack as it was read, hex
--   ARGV[3] how many records are left
--   ARGV[4] the new pack
-- Output
--   1, or 0 if it has changed

local first = string.match(ARGV[1], '^(%d+)-')
local pack = redis.call('HGET', KEYS[2], first)
if not pack or redis.sha1hex(pack) ~= ARGV[2] then return 0 end
if ARGV[3] == '0' then
  redis.call('XDEL', KEYS[1], ARGV[1])
  redis.call('HDEL', KEYS[2], first)
  redis.call('HDEL', KEYS[3], first)
else
  redis.call('HSET', KEYS[2], first, ARGV[4])
  redis.call('HSET', KEYS[3], first, ARGV[3])
end
return 1
`,
);
