-- When the first of the windows ends that is full, or nothing.
-- KEYS: the windows. ARGV: the present instant; then for each its most. A window: see count.lua.
local now = tonumber(ARGV[1])
for i, key in ipairs(KEYS) do
  local kept = redis.call('HMGET', key, 'n', 'e')
  local acts, ends = tonumber(kept[1]), tonumber(kept[2])
  if acts and ends and ends > now and acts >= tonumber(ARGV[i + 1]) then
    return string.format('%.0f', ends)
  end
end
return false
