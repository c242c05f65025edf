-- Makes the fences of a path stand.
--
-- ARGV[4] proposed ids   ARGV[5] life of fences in ms
-- Atomic: no fence that stands is replaced.
local levels = levels_of(path)
local wrong = check_type(key('h', path), 'hash') or check_type(key('l', path), 'hash')
if wrong then return wrong end
renew(levels, survey(levels), ARGV[4], tonumber(ARGV[5]))
lengthen(levels, tonumber(ARGV[5]))
return 1
