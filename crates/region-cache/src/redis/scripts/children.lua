-- The names of the direct children that hold something that a read would find, or something beneath
-- them. Gives the names. Atomic: one look. Reads only.
local now = now_millis()

local function names(set)
  check_type(set, 'set')
  return not trouble and redis.call('SMEMBERS', set) or {}
end

local function lives(p, above)
  local id = standing_at(p, above)
  check_type(key('h', p), 'hash')
  if not id or trouble then return false end
  if holds(key('h', p), raw(id), now) then return true end
  for _, name in ipairs(names(key('c', p))) do
    if lives(p .. '.' .. name, id) then return true end
  end
  return false
end

local own, living = standing(path), {}
for _, name in ipairs(own and names(children_key(path)) or {}) do
  if lives(path == '' and name or path .. '.' .. name, own) then living[#living + 1] = name end
end
return trouble or living
