-- Lets time pass: moves everything on this server that will end closer to its end by ARGV[1] ms.
-- With ARGV[3] '1' fences, and what else only holds the tree together, are left as they are.
local by, field_lives, spares_fences = tonumber(ARGV[1]), ARGV[2] == '1', ARGV[3] == '1'
local cursor = '0'
repeat
  local page = redis.call('SCAN', cursor, 'COUNT', 1000)
  cursor = page[1]
  for _, key in ipairs(page[2]) do
    local left = redis.call('PTTL', key)
    local kind = string.match(key, '}:(%a+)')
    local guards = kind == 'f' and redis.call('GET', key)
    guards = guards and string.sub(guards, 1, 1) == '!' and guards
    if spares_fences and kind ~= 'h' and kind ~= 'l' and kind ~= 'd' and not guards then
      left = -1
    end
    if guards and left > by then
      guards = string.gsub(guards, '@(%d+)', function(deadline)
        return '@' .. string.format('%.0f', tonumber(deadline) - by)
      end)
      redis.call('SET', key, guards, 'PX', left - by)
    elseif left >= 0 and left <= by then
      redis.call('DEL', key)
    elseif redis.call('TYPE', key)['ok'] == 'hash' then
      if left >= 0 then redis.call('PEXPIRE', key, left - by) end
      local all = redis.call('HGETALL', key)
      for i = 1, #all, 2 do
        local field, value = all[i], all[i + 1]
        local field_left = field_lives and redis.call('HPTTL', key, 'FIELDS', 1, field)[1] or -1
        if string.find(key, '}:h:', 1, true) then
          local expiry = struct.unpack('>I8', string.sub(value, 19, 26))
          if expiry > 0 then
            value = string.sub(value, 1, 18) .. struct.pack('>I8', math.max(expiry - by, 1)) .. string.sub(value, 27)
          end
        elseif string.find(key, '}:l:', 1, true) or string.find(key, '}:p$') then
          local head, deadline = string.match(value, '^(.*|)(%d+)$')
          value = head .. string.format('%.0f', tonumber(deadline) - by)
        elseif string.find(key, '}:u$') then
          local begun, rest = string.match(value, '^(%d+)(|.*)$')
          value = string.format('%.0f', tonumber(begun) - by) .. rest
        end
        redis.call('HSET', key, field, value)
        if field_left >= 0 then redis.call('HPEXPIRE', key, math.max(field_left - by, 0), 'FIELDS', 1, field) end
      end
    elseif left >= 0 then
      redis.call('PEXPIRE', key, left - by)
    end
  end
until cursor == '0'
return 1
