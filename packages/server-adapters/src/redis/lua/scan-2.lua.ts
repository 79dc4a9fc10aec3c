import { script } from "../scripts.js";

/** One page of a partition in the order of its sort keys. */
export const SCAN = script(
  2,
  `
-- Input
--   KEYS[1] records, KEYS[2] order
--   ARGV[1] lower bound, ARGV[2] upper bound, as ZRANGEBYLEX takes them
--   ARGV[3] how many at most
--   ARGV[4] "1": from the upper bound down
-- Output
--   {sort key, text of the record, sort key, text, ...}

local sorts
if ARGV[4] == '1' then
  sorts = redis.call('ZREVRANGEBYLEX', KEYS[2], ARGV[2], ARGV[1], 'LIMIT', 0, ARGV[3])
else
  sorts = redis.call('ZRANGEBYLEX', KEYS[2], ARGV[1], ARGV[2], 'LIMIT', 0, ARGV[3])
end
if #sorts == 0 then return sorts end
local texts = redis.call('HMGET', KEYS[1], unpack(sorts))
local rows = {}
for i, sort in ipairs(sorts) do
  rows[2 * i - 1] = sort
  rows[2 * i] = texts[i]
end
return rows
`,
);
