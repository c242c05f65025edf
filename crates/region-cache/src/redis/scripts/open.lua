-- Writes an entry to the journal of signals, as one that is not done yet.
--
-- ARGV[4] id   ARGV[5] entry   ARGV[6] how many entries are kept   ARGV[7] life of the journal in ms
-- ARGV[8] digest, or empty   ARGV[9] for how long the digest is another's, in ms
-- Gives {position, bindings ..}; nothing where the digest is another's.
-- Atomic: who finds the digest free is the only one, and the bindings are those at that moment.
local at = ns .. ':{.}:'
check_type(at .. 'j', 'stream')
check_type(at .. 'u', 'hash')
check_type(at .. 'b', 'hash')
if trouble then return trouble end
prepare()
if ARGV[8] ~= '' and not redis.call('SET', at .. 'd:' .. ARGV[8], '1', 'PX', ARGV[9], 'NX') then return {} end
local position = redis.call('XADD', at .. 'j', 'MAXLEN', '~', ARGV[6], '*', 'e', ARGV[5])
redis.call('HSET', at .. 'u', ARGV[4], string.format('%.0f', now_millis()) .. '|' .. ARGV[5])
redis.call('PEXPIRE', at .. 'j', ARGV[7])
redis.call('PEXPIRE', at .. 'u', ARGV[7])
local reply = redis.call('HKEYS', at .. 'b')
table.insert(reply, 1, position)
return reply
