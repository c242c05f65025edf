-- The names of the direct children that hold something that a read would find, or something beneath
-- them. Gives the names. Atomic: one look. Reads only.
local now = now_millis()

local function holds(p, id)
  local hash, stamp = key('h', p), raw(id)
  local cursor = '0'
  repeat
    local page = redis.call('HSCAN', hash, cursor, 'COUNT', 100)
    cursor = page[1]
    for i = 2, #page[2], 2 do
      if counts(page[2][i], stamp, now) then return true end
    end
  until cursor == '0'
  return false
end

local function lives(p, above)
  local id = standing_at(p, above)
  if not id then return false end
  if holds(p, id) then return true end
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
