-- Moves a lease's deadline on, for a holder who lives.
--
-- ARGV[4] field   ARGV[5] lease id   ARGV[6] its time in ms   ARGV[7] life of fences in ms
-- ARGV[8] when nobody waits for the answer any more
-- Gives {1} if the lease is still the holder's and its region's fence stands, else {0}.
-- Atomic: a lease that was taken over or dropped does not come back.
local field, id, time = ARGV[4], ARGV[5], tonumber(ARGV[6])
local levels = levels_of(path)
local own = survey(levels)[#levels]
local leases = key('l', path)
check_type(leases, 'hash')
if trouble then return trouble end
local held = redis.call('HGET', leases, field)
if not held or not own then return { 0 } end
local holder, stamp, deadline = string.match(held, '^(%x+)|(%x+)|(%d+)$')
local now = now_millis()
if holder ~= id or stamp ~= own or now >= tonumber(deadline) + 9 * time then return { 0 } end
if now > tonumber(ARGV[8]) then return { 0 } end
redis.call('HSET', leases, field, id .. '|' .. own .. '|' .. string.format('%.0f', now + time))
grow(leases, time * 10, false)
lengthen(levels, tonumber(ARGV[7]))
return { 1 }
