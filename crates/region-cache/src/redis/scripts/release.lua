-- Gives a lease back. ARGV[4] field   ARGV[5] lease id
-- Atomic: another's lease is never dropped.
local leases = key('l', path)
check_type(leases, 'hash')
if trouble then return trouble end
local held = redis.call('HGET', leases, ARGV[4])
if held and string.sub(held, 1, 32) == ARGV[5] then redis.call('HDEL', leases, ARGV[4]) end
return 1
