-- Changes entries of one region, or fills one under a lease: compare, then write.
--
-- ARGV[4] id that the values are stamped with   ARGV[5] '1': it is proposed, '0': it is believed to stand
-- ARGV[6] proposed ids   ARGV[7] life of fences in ms   ARGV[8] '1': lengthen the fences' lives
-- ARGV[9] life of the region in ms (negative: none)
-- ARGV[10] 'e': the life follows the entries, 'r': refresh the region's own, 'f': begin it if new
-- ARGV[11] who   ARGV[12] first number of announcements   ARGV[13] '1': the server expires fields
-- ARGV[14] lease id and time as 'id|ms', or empty   ARGV[15] token: the ids of the path, or empty
-- then for each change, perhaps, 'n' and the field that it requires; its kind, its field, and
--   for 'p' what is required must have its schema, and its codec or both one that is built in
--   'p' put: envelope, when ('' always, 'a' absent, 'h' holds), what it must hold, ms when it is gone or ''
--   'd' remove: nothing   'x' expire: nothing   'i' add: delta, envelope for nothing, ms when that is gone
-- Gives {0, id that stands or ''} where the stamp is not the fence that stands: nothing is written.
-- Gives {-1} where a lease does not hold. Else {1, outcome ..}.
-- Atomic: everything; types are checked before anything is written.
local stamp, is_proposed = ARGV[4], ARGV[5] == '1'
local fences_life, life, mode = tonumber(ARGV[7]), tonumber(ARGV[9]), ARGV[10]
local who, first, expires_fields = ARGV[11], ARGV[12], ARGV[13] == '1'
local levels = levels_of(path)
local ids = survey(levels)
local own = ids[#levels]
local hash, leases = key('h', path), key('l', path)
check_path(levels, ids)
check_count(path)
if trouble then return trouble end
local now = now_millis()

local WIDTH = { n = 2, p = 6, d = 2, x = 2, i = 5 }
local stores, at = false, 16
while ARGV[at] do
  if ARGV[at] == 'p' or ARGV[at] == 'i' then stores = true end
  at = at + WIDTH[ARGV[at]]
end

if stores and own ~= stamp and (own or not is_proposed) then return { 0, own or '' } end

if ARGV[14] ~= '' then
  local id, time = string.match(ARGV[14], '^(%x+)|(%d+)$')
  local token = ''
  for i = 0, #levels do token = token .. (ids[i] or '') end
  local held = redis.call('HGET', leases, ARGV[17])
  if token ~= ARGV[15] or not held then return { -1 } end
  local holder, _, deadline = string.match(held, '^(%x+)|(%x+)|(%d+)$')
  if holder ~= id or now >= tonumber(deadline) + 9 * tonumber(time) then return { -1 } end
end

if stores and not own then check_open(levels, ids) end
if trouble then return trouble end

local bytes = own and raw(own)
local holds_any = own and redis.call('EXISTS', hash) == 1
local function present(field)
  if not holds_any then return false end
  local there = redis.call('HGET', hash, field)
  if counts(there, bytes, now) then return there end
  return false
end

-- Whether an envelope is a sound integer with the schema of another, and a codec that is built in (those
-- are 1 to 3) or the other's.
local function is_like(there, other)
  local codec = string.byte(there, 27)
  return string.byte(there, 2) == 1
    and (codec >= 1 and codec <= 3 or codec == string.byte(other, 27))
    and string.sub(there, 28, 36) == string.sub(other, 28, 36)
    and struct.unpack('>I4', string.sub(there, 41, 44)) == #there - 52
end

-- Whether who can read one envelope can read the other. The built-in codecs are 1 to 3.
local function is_akin(one, other)
  local codec, others = string.byte(one, 27), string.byte(other, 27)
  return string.sub(one, 29, 36) == string.sub(other, 29, 36)
    and (codec == others or codec >= 1 and codec <= 3 and others >= 1 and others <= 3)
end

-- What each change will do is settled by reading; then all is written.
local reply, writes, removes, fields = { 1 }, {}, {}, {}
local seen = {}
local function look(field)
  if seen[field] == nil then seen[field] = present(field) end
  return seen[field]
end
local replaces, dropped = false, {}
at = 16
while ARGV[at] do
  local outcome
  if ARGV[at] == 'n' then
    local there = look(ARGV[at + 1])
    if not there or ARGV[at + 2] == 'p' and not is_akin(there, ARGV[at + 4]) then
      outcome = { 'A' }
      dropped[#dropped + 1] = ARGV[at + 1]
    end
    at = at + WIDTH.n
  end
  local kind, field = ARGV[at], ARGV[at + 1]
  if outcome then
    -- What is required is absent.
  elseif kind == 'p' then
    local envelope, when = ARGV[at + 2], ARGV[at + 3]
    local there = (when ~= '' or ARGV[14] ~= '') and look(field)
    if (when == 'a' and there) or (when == 'h' and there ~= ARGV[at + 4]) then
      outcome = { 'K', there }
    else
      if there then replaces = true end
      outcome = { 'S' }
      seen[field] = envelope
      writes[#writes + 1] = { field, envelope, ARGV[at + 5] }
      fields[#fields + 1] = field
    end
  elseif kind == 'd' then
    outcome = { 'R', look(field) }
    seen[field] = false
    removes[#removes + 1] = field
    writes[#writes + 1] = { field }
    fields[#fields + 1] = field
  elseif kind == 'x' then
    local there = look(field)
    outcome = { 'E', there }
    if there then
      seen[field] = false
      local expired = string.sub(there, 1, 18) .. struct.pack('>I8', now) .. string.sub(there, 27)
      writes[#writes + 1] = { field, expired, 'keep' }
    end
    fields[#fields + 1] = field
  else
    local delta, there = ARGV[at + 2], look(field)
    if not there then
      outcome = { 'I', delta }
      seen[field] = ARGV[at + 3]
      writes[#writes + 1] = { field, ARGV[at + 3], ARGV[at + 4] }
      fields[#fields + 1] = field
    elseif not is_like(there, ARGV[at + 3]) then
      outcome = { 'N', there }
    else
      -- INCRBY is exact over all 64 bits and refuses to overflow; Lua's numbers are neither.
      local scratch = ns .. ':{' .. root_of(path) .. '}:t'
      redis.call('SET', scratch, string.sub(there, 53))
      local sum = redis.pcall('INCRBY', scratch, delta)
      if type(sum) == 'table' and sum.err then
        outcome = { string.find(sum.err, 'overflow') and 'O' or 'N', there }
      else
        local text = redis.call('GET', scratch)
        outcome = { 'I', text }
        local head = string.sub(there, 1, 40) .. struct.pack('>I4', #text) .. string.rep('\0', 8)
        seen[field] = head .. text
        writes[#writes + 1] = { field, head .. text, 'keep' }
        fields[#fields + 1] = field
      end
      redis.call('DEL', scratch)
    end
  end
  reply[#reply + 1] = outcome
  at = at + WIDTH[kind]
end

-- Taking away needs no memory, so it works on a full server: it comes first where nothing is stored.
if not stores then
  for _, field in ipairs(removes) do redis.call('HDEL', hash, field) end
end

if stores and not own and #writes > 0 then renew(levels, ids, ARGV[6], fences_life) end
local is_new = redis.call('EXISTS', hash) == 0
-- A fixed life begins with the first entry that counts: those that have expired do not.
local begins = is_new or (mode == 'f' and not (bytes and holds(hash, bytes, now)))
local stored, batch = false, {}
local function store()
  if #batch > 0 then redis.call('HSET', hash, unpack(batch)) end
  batch = {}
end
for _, write in ipairs(writes) do
  local field, envelope, gone = write[1], write[2], write[3]
  if not envelope then
    store()
    redis.call('HDEL', hash, field)
  elseif gone ~= 'keep' and not (expires_fields and gone ~= '') then
    batch[#batch + 1], batch[#batch + 2] = field, envelope
    if #batch >= 1000 then store() end
    stored = true
  else
    store()
    local left = -1
    if gone == 'keep' and expires_fields then left = redis.call('HPEXPIRETIME', hash, 'FIELDS', 1, field)[1] end
    redis.call('HSET', hash, field, envelope)
    if gone == 'keep' then gone = left > 0 and tostring(left) or '' end
    if expires_fields and gone ~= '' then redis.call('HPEXPIREAT', hash, gone, 'FIELDS', 1, field) end
    stored = true
  end
end
store()
if stores and stored then
  if mode == 'e' or begins or mode == 'r' then grow(hash, life, begins) end
  if ARGV[8] == '1' or not own then lengthen(levels, fences_life) end
end
-- Where no fence stands nothing was there to be taken away, and nobody holds a lease.
if #fields > 0 and (own or stored) then
  for i = 1, #fields, 1000 do
    redis.call('HDEL', leases, unpack(fields, i, math.min(i + 999, #fields)))
  end
  if ARGV[14] == '' or replaces then announce(path, who, first, fences_life, 'k', fields) end
end
if own then
  for _, field in ipairs(dropped) do redis.call('HDEL', leases, field) end
end
return reply
