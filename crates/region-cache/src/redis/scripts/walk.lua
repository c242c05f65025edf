-- Part of invalidate.lua, step.lua and claim.lua: freeing what an invalidation left behind.
--
-- Only that is freed: regions whose fence is absent or a leftover, each whole in one script. Living
-- regions are passed over, but what lies beneath them is visited. A stack of frames tells where the
-- walk is: 'cursor path', innermost last. The cursor 's' begins a region, a number goes on with its
-- children, 'e' ends it. A region counts as freed by whoever takes its name out of its parent's set.
local unfinished = ns .. ':{' .. (path == '' and '.' or root_of(path)) .. '}:p'

-- Somebody else's key is not walked into.
local function is_set(k)
  return redis.call('TYPE', k)['ok'] == 'set'
end

-- Where nothing is left below a root nobody counts its changes: they begin anew somewhere else.
local function forget_count(root)
  redis.call('UNLINK', ns .. ':{' .. (root == '' and '.' or root) .. '}:seq')
end

-- Takes a region that is freed out of its parent's set; 1 if it was there.
local function forget(p)
  if not string.find(p, '.', 1, true) then forget_count(p) end
  if p == '' then return 0 end
  local set = children_key(parent_of(p))
  return is_set(set) and redis.call('SREM', set, name_of(p)) or 0
end

-- Frees a region of which nothing stands; but a closed fence stays.
local function free(p)
  redis.call('UNLINK', key('h', p), key('l', p))
  if not is_closed(p) then redis.call('UNLINK', key('f', p)) end
end

local function walk(stack, budget)
  local freed = 0
  while budget > 0 and #stack > 0 do
    local cursor, p = string.match(stack[#stack], '^(%w+) (.*)$')
    local own = standing(p)
    if cursor == 's' then
      budget = budget - 1
      if not own and p ~= '' then free(p) end
      stack[#stack] = '0 ' .. p
    elseif cursor == 'e' then
      stack[#stack] = nil
      if not own and redis.call('EXISTS', children_key(p)) == 0 then
        freed = freed + forget(p)
      end
    else
      local set = children_key(p)
      local page = { '0', {} }
      if is_set(set) then page = redis.call('SSCAN', set, cursor, 'COUNT', math.min(budget, 100)) end
      stack[#stack] = (page[1] == '0' and 'e' or page[1]) .. ' ' .. p
      for _, name in ipairs(page[2]) do
        budget = budget - 1
        local child = p == '' and name or p .. '.' .. name
        if redis.call('EXISTS', key('c', child)) == 1 then
          stack[#stack + 1] = 's ' .. child
        elseif not standing_at(child, own) then
          free(child)
          freed = freed + forget(child)
        end
      end
    end
  end
  return freed
end

-- Keeps in mind that the walk with this id is not finished, and was at work just now.
local function remember(id, stack, target, life)
  if #stack == 0 then
    redis.call('HDEL', unfinished, id)
    local root = root_of(target)
    if not standing(root) and redis.call('EXISTS', children_key(root)) == 0 then forget_count(root) end
  else
    local is_new = redis.call('EXISTS', unfinished) == 0
    redis.call('HSET', unfinished, id, target .. '|' .. string.format('%.0f', now_millis()))
    grow(unfinished, life, is_new)
  end
end

local function report(freed, stack)
  local reply = { freed }
  for i, frame in ipairs(stack) do reply[i + 1] = frame end
  return reply
end
