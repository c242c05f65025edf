-- The names of the direct children that hold something that a read would find, or something beneath
-- them. Gives the names. Atomic: one look. Reads only.
local now = now_millis()

local function lives(p, above)
  local id = standing_at(p, above)
  if not id then return false end
  if holds(key('h', p), raw(id), now) then return true end
  for _, name in ipairs(redis.call('SMEMBERS', key('c', p))) do
    if lives(p .. '.' .. name, id) then return true end
  end
  return false
end

local own, living = standing(path), {}
if own then
  for _, name in ipairs(redis.call('SMEMBERS', children_key(path))) do
    if lives(path == '' and name or path .. '.' .. name, own) then living[#living + 1] = name end
  end
end
return living
