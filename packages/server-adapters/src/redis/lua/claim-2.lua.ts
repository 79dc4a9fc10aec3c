import { script } from "../scripts.js";

/** Takes or keeps a shard for one owner, and says where its group stands. */
export const CLAIM = script(
  2,
  `
-- Input
--   KEYS[1] lease: its value is the owner
--   KEYS[2] committed: hash, group -> position
--   ARGV[1] owner, ARGV[2] for how long, ms, ARGV[3] group
-- Output
--   the committed position, or nil if another owner has the shard

local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] then return false end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('HSETNX', KEYS[2], ARGV[3], 0)
return redis.call('HGET', KEYS[2], ARGV[3])
`,
);
