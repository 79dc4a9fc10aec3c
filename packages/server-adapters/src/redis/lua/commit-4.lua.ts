import { script } from "../scripts.js";

/** Writes several records of one partition, all or none. */
export const COMMIT = script(
  4,
  `
-- Input
--   KEYS[1] records: hash, sort key -> "version,expiresAt or nothing,value as JSON"
--   KEYS[2] order: sorted set of the sort keys, all with score 0
--   KEYS[3] expiry: sorted set of the sort keys that expire, by when
--   KEYS[4] tokens: sorted set of used tokens, by until when they are remembered
--   ARGV[1] now, ms
--   ARGV[2] "" or "=" and the token
--   ARGV[3] until when the token is remembered, ms
--   ARGV[4] how much longer than its records Redis keeps a partition that nobody sweeps, ms
--   ARGV[5...] five for each operation: "p"ut, "d"elete or "c"heck; sort key; version that must stand there or ""; expiresAt or ""; JSON
-- Output
--   {0, version written last, how many records were removed} | {1} token used | {2, index of the failed operation, version there}

local records, order, expiry, tokens = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local now = tonumber(ARGV[1])
local token = ARGV[2] ~= '' and string.sub(ARGV[2], 2)
local grace = tonumber(ARGV[4])
-- More milliseconds than any date needs. PEXPIRE refuses what is beyond 64 bits, when everything is written already.
local longest = 2 ^ 53

if token then
  local till = redis.call('ZSCORE', tokens, token)
  if till and tonumber(till) > now then return {1} end
end

-- What stands at a sort key: {version, 0 if none or expired; whether there is a record; whether that expires}
local seen = {}
local function at(sort)
  local known = seen[sort]
  if known then return known end
  local text = redis.call('HGET', records, sort)
  if text then
    local version, expires = string.match(text, '^(%d+),([^,]*),')
    local gone = expires ~= '' and tonumber(expires) <= now
    known = {gone and 0 or tonumber(version), true, expires ~= ''}
  else
    known = {0, false, false}
  end
  seen[sort] = known
  return known
end

for i = 5, #ARGV, 5 do
  if ARGV[i + 2] ~= '' then
    local version = at(ARGV[i + 1])[1]
    if version ~= tonumber(ARGV[i + 2]) then return {2, (i - 5) / 5, version} end
  end
end

local written, removed, changed = 0, 0, false
for i = 5, #ARGV, 5 do
  local kind, sort, expires = ARGV[i], ARGV[i + 1], ARGV[i + 3]
  if kind == 'p' then
    local known = at(sort)
    written = known[1] + 1
    redis.call('HSET', records, sort, written .. ',' .. expires .. ',' .. ARGV[i + 4])
    if not known[2] then redis.call('ZADD', order, 0, sort) end
    if expires ~= '' then
      redis.call('ZADD', expiry, expires, sort)
    elseif known[3] then
      redis.call('ZREM', expiry, sort)
    end
    seen[sort] = {expires ~= '' and tonumber(expires) <= now and 0 or written, true, expires ~= ''}
    changed = true
  elseif kind == 'd' then
    local known = at(sort)
    if known[2] then
      redis.call('HDEL', records, sort)
      redis.call('ZREM', order, sort)
      if known[3] then redis.call('ZREM', expiry, sort) end
      if known[1] > 0 then removed = removed + 1 end
      changed = true
    end
    seen[sort] = {0, false, false}
  end
end

if token then
  redis.call('ZREMRANGEBYSCORE', tokens, '-inf', now)
  redis.call('ZADD', tokens, ARGV[3], token)
  local ms = math.min(tonumber(ARGV[3]) - now + grace, longest)
  if redis.call('PTTL', tokens) < ms then redis.call('PEXPIRE', tokens, string.format('%.0f', ms)) end
end

-- Only where every record expires may Redis drop the partition by itself, and then all its keys in the same moment.
if changed then
  local expiring = redis.call('ZCARD', expiry)
  if expiring > 0 and expiring == redis.call('HLEN', records) then
    local last = redis.call('ZRANGE', expiry, -1, -1, 'WITHSCORES')[2]
    local ms = string.format('%.0f', math.min(math.max(grace, tonumber(last) - now + grace), longest))
    for i = 1, 3 do redis.call('PEXPIRE', KEYS[i], ms) end
  elseif redis.call('PTTL', records) >= 0 then
    for i = 1, 3 do redis.call('PERSIST', KEYS[i]) end
  end
end
return {0, written, removed}
`,
);
