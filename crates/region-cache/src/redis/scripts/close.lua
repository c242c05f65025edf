-- Takes note that an entry of the journal is done, and tells everyone.
--
-- ARGV[4] id   ARGV[5] channel   ARGV[6] message
-- Gives {how many listen}. Atomic: what is done has been told.
local undone = ns .. ':{.}:u'
check_type(undone, 'hash')
if trouble then return trouble end
redis.call('HDEL', undone, ARGV[4])
return { redis.call('PUBLISH', ARGV[5], ARGV[6]) }
