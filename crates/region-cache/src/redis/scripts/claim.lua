-- Takes up a walk that nobody has gone on with for some time: its process has ended, or lost its way.
--
-- ARGV[4] for how long, in ms   ARGV[5] life of what is kept of walks, in ms
-- Gives {id, path}, or nothing. Atomic: two never take up the same.
local all = redis.call('HGETALL', unfinished)
for i = 1, #all, 2 do
  local target, at_work = string.match(all[i + 1], '^(.*)|(%d+)$')
  if now_millis() - tonumber(at_work) >= tonumber(ARGV[4]) then
    remember(all[i], { 's ' .. target }, target, tonumber(ARGV[5]))
    return { all[i], target }
  end
end
return {}
