-- One step of a walk. ARGV[4] walk id   ARGV[5] how many regions at most   ARGV[6 ..] frames
-- Gives {freed, frames ..}. Atomic: each region is freed whole, and only while nothing of it stands.
local stack = {}
for i = 6, #ARGV do stack[#stack + 1] = ARGV[i] end
local unfinished = ns .. ':{' .. (path == '' and '.' or root_of(path)) .. '}:p'
local freed = walk(stack, tonumber(ARGV[5]))
if #stack == 0 then redis.call('HDEL', unfinished, ARGV[4]) end
local reply = { freed }
for i, frame in ipairs(stack) do reply[i + 1] = frame end
return reply
