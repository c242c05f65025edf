-- Makes the fences of a path stand.
--
-- ARGV[4] proposed ids   ARGV[5] life of fences in ms
-- Atomic: no fence that stands is replaced.
local levels = levels_of(path)
local ids = survey(levels)
check_path(levels, ids)
check_open(levels, ids)
if trouble then return trouble end
renew(levels, ids, ARGV[4], tonumber(ARGV[5]))
lengthen(levels, tonumber(ARGV[5]))
return 1
