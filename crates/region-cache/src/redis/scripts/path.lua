-- Part of every script: names, fences and lives.
--
-- ARGV[1] namespace, ARGV[2] path of the region (empty: the namespace itself), ARGV[3] the first
-- half of the reign: what the connection knows of the server's run id.
-- Keys are made from these; KEYS[1] only tells a cluster where the script belongs.

local ns, path, run = ARGV[1], ARGV[2], ARGV[3]

local function root_of(p)
  return string.match(p, '^[^.]*')
end

local function key(kind, p)
  return ns .. ':{' .. root_of(p) .. '}:' .. kind .. ':' .. p
end

local function parent_of(p)
  return string.match(p, '^(.*)%.[^.]*$') or ''
end

local function name_of(p)
  return string.match(p, '[^.]*$')
end

local NS_FENCE = ns .. ':{.}:fence'

local function fence_key(p)
  if p == '' then return NS_FENCE end
  return key('f', p)
end

local function children_key(p)
  if p == '' then return ns .. ':{.}:roots' end
  return key('c', p)
end

-- The reign of this server now: it changes with each start and with each promotion.
local reign = run .. string.sub(string.match(redis.call('INFO', 'replication'), 'master_replid:(%w+)'), 1, 16)

-- The paths from the root down to the region.
local function levels_of(p)
  local levels, from = {}, 1
  while p ~= '' do
    local dot = string.find(p, '.', from, true)
    if not dot then
      levels[#levels + 1] = p
      break
    end
    levels[#levels + 1] = string.sub(p, 1, dot - 1)
    from = dot + 1
  end
  return levels
end

-- What keeps a script from beginning: a key of ours that is somebody else's. Scripts look at all that
-- they will touch and return this before they write anything.
local trouble = nil

local function check_type(k, wanted)
  local is = redis.call('TYPE', k)['ok']
  if is ~= 'none' and is ~= wanted and not trouble then
    trouble = redis.error_reply('WRONGTYPE the key ' .. k .. ' holds a ' .. is .. ' where the cache keeps a ' .. wanted)
  end
end

local function get(k)
  local value = redis.pcall('GET', k)
  if type(value) == 'table' then
    if not string.find(value.err, 'WRONGTYPE', 1, true) then return redis.call('GET', k) end
    check_type(k, 'string')
    return false
  end
  return value
end

-- Checks what counts the changes of a root.
local function check_count(p)
  local k = ns .. ':{' .. (p == '' and '.' or root_of(p)) .. '}:seq'
  local value = get(k)
  if value and not string.match(value, '^%d+$') and not trouble then
    trouble = redis.error_reply('WRONGTYPE the key ' .. k .. ' holds no number where the cache keeps one')
  end
end

-- The id of a fence that hangs on `above`, or nothing: absent, or a leftover.
local function standing_at(p, above)
  if p ~= '' and not above then return nil end
  local fence = get(fence_key(p))
  if not fence then return nil end
  local id, hangs_on = string.match(fence, '^(%x+)|(.*)$')
  local wanted = above
  if p == '' then
    wanted = reign
  elseif not string.find(p, '.', 1, true) then
    wanted = reign .. '|' .. above
  end
  if hangs_on == wanted then return id end
  return nil
end

-- The ids that stand on the way down to a region: [0] is the namespace's.
local function survey(levels)
  local ids = { [0] = standing_at('', nil) }
  for i, p in ipairs(levels) do
    ids[i] = standing_at(p, ids[i - 1])
  end
  return ids
end

-- The id of a region's fence, if all above it stand.
local function standing(p)
  local levels = levels_of(p)
  return survey(levels)[#levels]
end

-- Checks a region's own keys, and those that making the absent fences of its path would replace.
local function check_path(levels, ids)
  local own = levels[#levels]
  check_type(key('h', own), 'hash')
  check_type(key('l', own), 'hash')
  for i = 0, #levels do
    if not ids[i] then
      local p = levels[i] or ''
      check_type(fence_key(p), 'string')
      if i > 0 then
        check_type(key('h', p), 'hash')
        check_type(key('l', p), 'hash')
        check_type(children_key(parent_of(p)), 'set')
      end
    end
  end
end

-- A full server refuses a script that begins with something that needs memory, and lets one go on that
-- began with something else.
local function prepare()
  redis.call('UNLINK', ns .. ':{' .. (path == '' and '.' or root_of(path)) .. '}:t')
end

-- Whether a fence is closed: then none is made before it is opened. See guard.lua.
local function is_closed(p)
  local fence = get(fence_key(p))
  return fence and string.sub(fence, 1, 1) == '!'
end

-- The region whose fence cannot be made, of those that are missing on a path; nothing if all can.
local function closed(levels, ids)
  for i = 0, #levels do
    if not ids[i] and is_closed(levels[i] or '') then return levels[i] or '' end
  end
  return nil
end

-- Checks that the fences of a path can be made.
local function check_open(levels, ids)
  local p = closed(levels, ids)
  if p and not trouble then trouble = redis.error_reply('GUARDED ' .. p) end
end

-- Lives only grow. A negative life is one without end.
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

-- Lengthens a life in big steps: a fence whose life changes disturbs every transaction that watches it.
local function grow_far(k, millis)
  if millis < 0 then
    redis.call('PERSIST', k)
  else
    local left = redis.call('PTTL', k)
    if left >= 0 and left < millis * 0.8 then redis.call('PEXPIRE', k, millis) end
  end
end

-- Makes the fences of a path live as long as what hangs on them.
local function lengthen(levels, millis)
  grow_far(NS_FENCE, millis)
  grow_far(children_key(''), millis)
  for i, p in ipairs(levels) do
    grow_far(fence_key(p), millis)
    if i < #levels then grow_far(children_key(p), millis) end
  end
end

-- Makes the absent fences of a path stand, by ids that the caller proposes: 32 digits for each level.
-- What a replaced region still holds is freed, so that a standing region holds no dead entries.
local function renew(levels, ids, proposals, millis)
  for i = 0, #levels do
    if not ids[i] then
      local p = levels[i] or ''
      local id = string.sub(proposals, i * 32 + 1, i * 32 + 32)
      local hangs_on = reign
      if i == 1 then
        hangs_on = reign .. '|' .. ids[0]
      elseif i > 1 then
        hangs_on = ids[i - 1]
      end
      redis.call('SET', fence_key(p), id .. '|' .. hangs_on)
      grow(fence_key(p), millis, true)
      if i > 0 then
        redis.call('UNLINK', key('h', p), key('l', p))
        local set = children_key(parent_of(p))
        local is_new = redis.call('EXISTS', set) == 0
        redis.call('SADD', set, name_of(p))
        if is_new then grow(set, millis, true) else grow_far(set, millis) end
      end
      ids[i] = id
    end
  end
end

local function now_millis()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function raw(id)
  return (string.gsub(id, '..', function(digits) return string.char(tonumber(digits, 16)) end))
end

-- Whether an envelope counts: whole, of this version, with this stamp, and not past its expiry.
local function counts(envelope, stamp, now)
  if not envelope or #envelope < 52 or string.byte(envelope) ~= 1 then return false end
  if string.sub(envelope, 3, 18) ~= stamp then return false end
  local expiry = struct.unpack('>I8', string.sub(envelope, 19, 26))
  return expiry == 0 or expiry > now
end

-- Whether a region has an entry that counts.
local function holds(hash, stamp, now)
  local cursor = '0'
  repeat
    local page = redis.call('HSCAN', hash, cursor, 'COUNT', 100)
    cursor = page[1]
    for i = 2, #page[2], 2 do
      if counts(page[2][i], stamp, now) then return true end
    end
  until cursor == '0'
  return false
end

-- Tells everyone what changed: the number and the message in the same act as the change itself.
-- layout.rs says what the message holds.
local function announce(p, who, first, millis, kind, fields)
  local at = p == '' and '.' or root_of(p)
  local prefix = ns .. ':{' .. at .. '}:'
  local is_new = redis.call('EXISTS', prefix .. 'seq') == 0
  if is_new then redis.call('SET', prefix .. 'seq', first) end
  local seq = redis.call('INCR', prefix .. 'seq')
  grow(prefix .. 'seq', millis, is_new)
  local above = get(NS_FENCE) or ''
  local root = p ~= '' and get(fence_key(root_of(p))) or ''
  redis.call('PUBLISH', prefix .. 'changes', cmsgpack.pack({
    1, who, seq, string.sub(above, 1, 32), string.sub(root, 1, 32), kind, p, fields,
  }))
end
