-- Takes a key's lease: the right to compute.
--
-- ARGV[4] field   ARGV[5] lease id   ARGV[6] its time in ms   ARGV[7] proposed ids
-- ARGV[8] life of fences in ms   ARGV[9] head of an envelope to be passed over, or empty
-- ARGV[10] when nobody waits for the answer any more
-- Gives {'P', envelope, ms left} if the key has a value by now; else {'H', reign, holder, ids ..} if the
-- lease is the caller's, {'O', ..} if for that another's was taken over, {'T', ..} if it is another's.
-- Gives {'L'} if it comes too late: a lease that nobody knows of would only keep others waiting.
-- Gives {'C'} where the region is closed.
-- Atomic: the look at the value, the fences and the lease.
local field, id, time = ARGV[4], ARGV[5], tonumber(ARGV[6])
local levels = levels_of(path)
local ids = survey(levels)
local hash, leases = key('h', path), key('l', path)
check_path(levels, ids)
if trouble then return trouble end

local now = now_millis()
if now > tonumber(ARGV[10]) then return { 'L' } end
local own = ids[#levels]
if own then
  local there = redis.call('HGET', hash, field)
  if counts(there, raw(own), now) and string.sub(there, 1, 52) ~= ARGV[9] then
    return { 'P', there, redis.call('PTTL', hash) }
  end
end

if closed(levels, ids) then return { 'C' } end
renew(levels, ids, ARGV[7], tonumber(ARGV[8]))
lengthen(levels, tonumber(ARGV[8]))
local reply = { 'H', reign, id }
for i = 0, #levels do reply[i + 4] = ids[i] end

local held = redis.call('HGET', leases, field)
reply[1] = held and 'O' or 'H'
if held then
  local holder, stamp, deadline = string.match(held, '^(%x+)|(%x+)|(%d+)$')
  if stamp == ids[#levels] and now < tonumber(deadline) then
    reply[1], reply[3] = 'T', holder
    return reply
  end
end
local is_new = redis.call('EXISTS', leases) == 0
redis.call('HSET', leases, field, id .. '|' .. ids[#levels] .. '|' .. string.format('%.0f', now + time))
grow(leases, time * 10, is_new)
return reply
