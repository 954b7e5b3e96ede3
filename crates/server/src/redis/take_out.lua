-- Takes acts out of windows, never more than there are.
-- KEYS: the windows. ARGV: for each 'all'; or '' for one act; or a number, for one act unless there are so many.
-- A window: see count.lua.
for i, key in ipairs(KEYS) do
  if ARGV[i] == 'all' then
    redis.call('DEL', key)
  else
    local acts = tonumber(redis.call('HGET', key, 'n') or '0')
    if acts > 0 and (ARGV[i] == '' or acts < tonumber(ARGV[i])) then
      redis.call('HINCRBY', key, 'n', -1)
    end
  end
end
return true
