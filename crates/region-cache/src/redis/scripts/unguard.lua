-- Opens a region that was closed by guard.lua, if no other guard is there.
--
-- ARGV[4] id
-- Gives {1}, or {0} where the guard is not there any more. Atomic: another's guard stays.
local k, now = fence_key(path), now_millis()
check_type(k, 'string')
if trouble then return trouble end
local kept, last, was_there = others(get(k) or '', ARGV[4], now)
if not was_there then return { 0 } end
prepare()
if #kept == 0 then
  redis.call('UNLINK', k)
else
  redis.call('SET', k, table.concat(kept), 'PX', string.format('%.0f', last - now))
end
return { 1 }
