-- One step of a walk.
--
-- ARGV[4] walk id   ARGV[5] how many regions at most   ARGV[6] life of what is kept of the walk, in ms
-- ARGV[7 ..] frames
-- Gives {freed, frames ..}. Atomic: each region is freed whole, and only while nothing of it stands.
local stack = {}
for i = 7, #ARGV do stack[#stack + 1] = ARGV[i] end
local freed = walk(stack, tonumber(ARGV[5]))
remember(ARGV[4], stack, path, tonumber(ARGV[6]))
return report(freed, stack)
