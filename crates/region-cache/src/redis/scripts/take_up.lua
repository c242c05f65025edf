-- Takes up an entry of the journal that is not done and that nobody was at work on for some time: its
-- process has ended, or lost its way.
--
-- ARGV[4] for how long, in ms
-- Gives {id, entry, bindings ..}, or nothing. Atomic: two never take up the same.
local at = ns .. ':{.}:'
check_type(at .. 'u', 'hash')
check_type(at .. 'b', 'hash')
if trouble then return trouble end
local all = redis.call('HGETALL', at .. 'u')
for i = 1, #all, 2 do
  local begun, entry = string.match(all[i + 1], '^(%d+)|(.*)$')
  if begun and now_millis() - tonumber(begun) >= tonumber(ARGV[4]) then
    redis.call('HSET', at .. 'u', all[i], string.format('%.0f', now_millis()) .. '|' .. entry)
    local reply = redis.call('HKEYS', at .. 'b')
    table.insert(reply, 1, entry)
    table.insert(reply, 1, all[i])
    return reply
  end
end
return {}
