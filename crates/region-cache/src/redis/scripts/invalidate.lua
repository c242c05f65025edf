-- Invalidates a region, or the namespace: removes the fence, first of all.
--
-- ARGV[4] walk id   ARGV[5] how many regions to free at once   ARGV[6] life of what is kept of the walk,
-- in ms   ARGV[7] who   ARGV[8] first number of announcements
-- Gives {freed, frames ..}. Atomic: from here on nothing at or beneath the region is read by anyone.
check_type(fence_key(path), 'string')
check_type(children_key(path), 'set')
check_type(unfinished, 'hash')
check_count(path)
if trouble then return trouble end
-- A closed one lets nothing be read either, and stays closed.
if is_closed(path) then prepare() else redis.call('UNLINK', fence_key(path)) end
announce(path, ARGV[7], ARGV[8], tonumber(ARGV[6]), 'i', {})
local stack = { 's ' .. path }
local freed = walk(stack, tonumber(ARGV[5]))
remember(ARGV[4], stack, path, tonumber(ARGV[6]))
return report(freed, stack)
