-- The end of a transaction's writes to one region, inside MULTI: what plain commands cannot do.
--
-- ARGV[1] 'namespace:{root}:'   ARGV[2] path   ARGV[3] who   ARGV[4] first number of announcements
-- ARGV[5] life of the region in ms (negative: none)   ARGV[6] 'e', 'r' or 'f', as in write.lua
-- ARGV[7] life of fences in ms
-- ARGV[8] '1': store the entry in ARGV[9] (field) and ARGV[10] (envelope), so that a new hash is given
--         its life before anything else is stored   ARGV[11] how many fields to expire
-- ARGV[12 ..] all fields that the transaction changes, those to expire first
-- Atomic with the rest of the MULTI. Sent whole: after NOSCRIPT the rest would still be applied.
local prefix, path, life, mode = ARGV[1], ARGV[2], tonumber(ARGV[5]), ARGV[6]
local fences_life = tonumber(ARGV[7])
local hash, leases, seq = prefix .. 'h:' .. path, prefix .. 'l:' .. path, prefix .. 'seq'
local function grow(k, millis, is_new)
  if millis < 0 then
    redis.call('PERSIST', k)
  elseif is_new then
    redis.call('PEXPIRE', k, millis)
  else
    local left = redis.call('PTTL', k)
    if left >= 0 and left < millis then redis.call('PEXPIRE', k, millis) end
  end
end
if ARGV[8] == '1' then
  local is_new = redis.call('EXISTS', hash) == 0
  redis.call('HSET', hash, ARGV[9], ARGV[10])
  if mode == 'e' or is_new or (mode == 'r' and redis.call('PTTL', hash) >= 0) then grow(hash, life, is_new) end
end
local fields = {}
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for i = 12, #ARGV do
  fields[#fields + 1] = ARGV[i]
  local there = i < 12 + ARGV[11] and redis.call('HGET', hash, ARGV[i])
  if there and #there >= 52 then
    local expiry = struct.unpack('>I8', string.sub(there, 19, 26))
    if expiry == 0 or expiry > now then
      redis.call('HSET', hash, ARGV[i], string.sub(there, 1, 18) .. struct.pack('>I8', now) .. string.sub(there, 27))
    end
  end
  redis.call('HDEL', leases, ARGV[i])
end
local is_new = redis.call('EXISTS', seq) == 0
if is_new then redis.call('SET', seq, ARGV[4]) end
local number = redis.call('INCR', seq)
grow(seq, fences_life, is_new)
local above = redis.call('GET', string.match(prefix, '^[^:]*') .. ':{.}:fence') or ''
local root = redis.call('GET', prefix .. 'f:' .. string.match(path, '^[^.]*')) or ''
redis.call('PUBLISH', prefix .. 'changes', cmsgpack.pack({
  1, ARGV[3], number, string.sub(above, 1, 32), string.sub(root, 1, 32), 'k', path, fields,
}))
return number
