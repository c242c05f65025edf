-- What plain commands cannot do for a transaction's changes of one region, inside its MULTI.
--
-- ARGV[1] 'namespace:{root}:'   ARGV[2] path   ARGV[3] who   ARGV[4] first number of announcements
-- ARGV[5] life of the region in ms (negative: none)   ARGV[6] 'e', 'r' or 'f', as in write.lua
-- ARGV[7] life of fences in ms   ARGV[8] for each level, from the namespace's, '1' if its fence was made
-- by this MULTI; empty where nothing is stored
-- ARGV[9] field and ARGV[10] envelope of the first entry to be stored, so that a new hash is given its
-- life before anything else is stored
-- ARGV[11] how many fields to expire   ARGV[12 ..] all fields that change, those to expire first
-- Atomic with the rest of the MULTI. Sent whole: after NOSCRIPT the rest would still be applied.
local prefix, path, life, mode = ARGV[1], ARGV[2], tonumber(ARGV[5]), ARGV[6]
local fences_life, made = tonumber(ARGV[7]), ARGV[8]
local hash, leases, seq = prefix .. 'h:' .. path, prefix .. 'l:' .. path, prefix .. 'seq'
local top = string.match(prefix, '^[^:]*') .. ':{.}:'

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

-- In big steps: a fence whose life changes disturbs every transaction that watches it.
local function grow_far(k, millis)
  local left = redis.call('PTTL', k)
  if millis < 0 or (left >= 0 and left < millis * 0.8) then grow(k, millis, false) end
end

-- Links what was made, and lengthens the lives of fences and child sets.
local function lengthen()
  grow_far(top .. 'fence', fences_life)
  local set, from, level = top .. 'roots', 1, 2
  while from do
    local dot = string.find(path, '.', from, true)
    local p = string.sub(path, 1, (dot or 0) - 1)
    if string.sub(made, level, level) == '1' then
      local is_new = redis.call('EXISTS', set) == 0
      redis.call('SADD', set, string.sub(p, from))
      grow(set, fences_life, is_new)
    else
      grow_far(set, fences_life)
      grow_far(prefix .. 'f:' .. p, fences_life)
    end
    set, from, level = prefix .. 'c:' .. p, dot and dot + 1, level + 1
  end
end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- Whether the region has an entry that counts: one with the stamp of what is stored now.
local function holds(stamp)
  local cursor = '0'
  repeat
    local page = redis.call('HSCAN', hash, cursor, 'COUNT', 100)
    cursor = page[1]
    for i = 2, #page[2], 2 do
      local there = page[2][i]
      if #there >= 52 and string.sub(there, 3, 18) == stamp then
        local expiry = struct.unpack('>I8', string.sub(there, 19, 26))
        if expiry == 0 or expiry > now then return true end
      end
    end
  until cursor == '0'
  return false
end

if made ~= '' then
  lengthen()
  local is_new = redis.call('EXISTS', hash) == 0
  local begins = is_new or (mode == 'f' and not holds(string.sub(ARGV[10], 3, 18)))
  redis.call('HSET', hash, ARGV[9], ARGV[10])
  if mode ~= 'f' or begins then grow(hash, life, begins) end
end

local fields = {}
for i = 12, #ARGV do
  fields[#fields + 1] = ARGV[i]
  local there = i < 12 + ARGV[11] and redis.call('HGET', hash, ARGV[i])
  if there and #there >= 52 then
    local expiry = struct.unpack('>I8', string.sub(there, 19, 26))
    if expiry == 0 or expiry > now then
      local gone = redis.pcall('HPEXPIRETIME', hash, 'FIELDS', 1, ARGV[i])
      redis.call('HSET', hash, ARGV[i], string.sub(there, 1, 18) .. struct.pack('>I8', now) .. string.sub(there, 27))
      if not gone.err and gone[1] > 0 then redis.call('HPEXPIREAT', hash, gone[1], 'FIELDS', 1, ARGV[i]) end
    end
  end
  redis.call('HDEL', leases, ARGV[i])
end

local is_new = redis.call('EXISTS', seq) == 0
if is_new then redis.call('SET', seq, ARGV[4]) end
local number = redis.call('INCR', seq)
grow(seq, fences_life, is_new)
local function id(k)
  local fence = redis.pcall('GET', k)
  return type(fence) == 'string' and string.sub(fence, 1, 32) or ''
end
redis.call('PUBLISH', prefix .. 'changes', cmsgpack.pack({
  1, ARGV[3], number, id(top .. 'fence'), id(prefix .. 'f:' .. string.match(path, '^[^.]*')), 'k', path, fields,
}))
return number
