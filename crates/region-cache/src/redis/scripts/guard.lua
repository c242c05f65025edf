-- Closes a region: its fence falls, and none can be made, before the guard is taken away or its time is
-- over. A closed fence reads !<id>@<deadline>, and as often as there are guards.
--
-- ARGV[4] id   ARGV[5] its time in ms   ARGV[6] '1': the guard is there already, and shall live on
-- ARGV[7] who   ARGV[8] first number of announcements   ARGV[9] life of what counts them, in ms
-- Gives {1}, or {0} where a guard that should live on is not there any more.
-- Atomic: from here on nothing at or beneath the region is read or stored by anyone.
local k, id, now = fence_key(path), ARGV[4], now_millis()
check_type(k, 'string')
check_count(path)
if trouble then return trouble end
local kept, last, was_there = others(get(k) or '', id, now)
if ARGV[6] == '1' and not was_there then return { 0 } end
prepare()
local deadline = now + tonumber(ARGV[5])
kept[#kept + 1] = '!' .. id .. '@' .. string.format('%.0f', deadline)
redis.call('SET', k, table.concat(kept), 'PX', string.format('%.0f', math.max(last, deadline) - now))
if not was_there then announce(path, ARGV[7], ARGV[8], tonumber(ARGV[9]), 'i', {}) end
return { 1 }
