-- Frees what an invalidation left behind, and only that: regions whose fence is absent or a leftover.
--
-- invalidate.lua and this file share the function; see there and below for the arguments.
-- A stack of frames tells where the walk is: 'cursor path', innermost last. The cursor 's' begins a
-- region, a number goes on with its children, 'e' ends it.
local function walk(stack, budget)
  local freed = 0
  while budget > 0 and #stack > 0 do
    local cursor, p = string.match(stack[#stack], '^(%w+) (.*)$')
    local own = standing(p)
    if cursor == 's' then
      budget = budget - 1
      if not own and p ~= '' then redis.call('UNLINK', key('h', p), key('l', p), key('f', p)) end
      stack[#stack] = '0 ' .. p
    elseif cursor == 'e' then
      stack[#stack] = nil
      if not own and p ~= '' and redis.call('EXISTS', key('c', p)) == 0 then
        redis.call('SREM', children_key(parent_of(p)), name_of(p))
        freed = freed + 1
      end
    else
      local set = children_key(p)
      local page = redis.call('SSCAN', set, cursor, 'COUNT', math.min(budget, 100))
      stack[#stack] = (page[1] == '0' and 'e' or page[1]) .. ' ' .. p
      for _, name in ipairs(page[2]) do
        budget = budget - 1
        local child = p == '' and name or p .. '.' .. name
        if redis.call('EXISTS', key('c', child)) == 1 then
          stack[#stack + 1] = 's ' .. child
        elseif not standing_at(child, own) then
          if redis.call('UNLINK', key('h', child), key('l', child), key('f', child)) > 0 then freed = freed + 1 end
          redis.call('SREM', set, name)
        end
      end
    end
  end
  return freed
end
