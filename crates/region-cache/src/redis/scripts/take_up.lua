-- Takes up an entry of the journal that is not done and that nobody was at work on for some time: its
-- process has ended, or lost its way.
--
-- ARGV[4] for how long, in ms
-- Gives {id, entry, bindings ..}, or nothing. Atomic: two never take up the same.
local at = ns .. ':{.}:'
check_type(at .. 'u', 'hash')
check_type(at .. 'j', 'stream')
check_type(at .. 'b', 'hash')
if trouble then return trouble end
local all = redis.call('HGETALL', at .. 'u')
for i = 1, #all, 2 do
  local begun, position = string.match(all[i + 1], '^(%d+)|(.*)$')
  if not begun or now_millis() - tonumber(begun) >= tonumber(ARGV[4]) then
    local found = position and redis.call('XRANGE', at .. 'j', position, position) or {}
    if #found == 0 then
      -- So much came after it that it is not kept any more.
      redis.call('HDEL', at .. 'u', all[i])
    else
      redis.call('HSET', at .. 'u', all[i], string.format('%.0f', now_millis()) .. '|' .. position)
      local reply = redis.call('HKEYS', at .. 'b')
      table.insert(reply, 1, found[1][2][2])
      table.insert(reply, 1, all[i])
      return reply
    end
  end
end
return {}
