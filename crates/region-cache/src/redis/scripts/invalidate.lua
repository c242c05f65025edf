-- Invalidates a region, or the namespace: removes the fence, first of all.
--
-- ARGV[4] walk id   ARGV[5] how many regions to free at once   ARGV[6] who
-- ARGV[7] first number of announcements   ARGV[8] life of what is kept of the walk, in ms
-- Gives {freed, frames ..}. Atomic: from here on nothing at or beneath the region is read by anyone.
redis.call('UNLINK', fence_key(path))
announce(path, ARGV[6], ARGV[7], tonumber(ARGV[8]), 'i', {})
local stack = { 's ' .. path }
local freed = walk(stack, tonumber(ARGV[5]))
if #stack > 0 then
  local unfinished = ns .. ':{' .. (path == '' and '.' or root_of(path)) .. '}:p'
  local is_new = redis.call('EXISTS', unfinished) == 0
  redis.call('HSET', unfinished, ARGV[4], path .. '|' .. string.format('%.0f', now_millis()))
  grow(unfinished, tonumber(ARGV[8]), is_new)
end
local reply = { freed }
for i, frame in ipairs(stack) do reply[i + 1] = frame end
return reply
