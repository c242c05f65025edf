-- Part of guard.lua and unguard.lua: the guards of a closed fence but this one, and when the last of them
-- ends.
local function others(fence, id, now)
  local kept, last, was_there = {}, 0, false
  for other, deadline in string.gmatch(fence, '!(%x+)@(%d+)') do
    if other == id then
      was_there = true
    elseif tonumber(deadline) > now then
      kept[#kept + 1] = '!' .. other .. '@' .. deadline
      last = math.max(last, tonumber(deadline))
    end
  end
  return kept, last, was_there
end
