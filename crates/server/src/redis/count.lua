-- Counts an act in all windows, or in none.
-- KEYS: the windows. ARGV: the present instant; then for each its most, its length, and '1' if it is passed over when full.
-- A window is a hash: n, how many acts; e, when it ends. Instants and lengths are milliseconds.
-- Answers {'in', place, ...} or {'full', place, end}; places begin at 0.
local now = tonumber(ARGV[1])
local found, answer = {}, { 'in' }
for i, key in ipairs(KEYS) do
  local most, length, passable = tonumber(ARGV[3 * i - 1]), tonumber(ARGV[3 * i]), ARGV[3 * i + 1] == '1'
  local kept = redis.call('HMGET', key, 'n', 'e')
  local acts, ends = tonumber(kept[1]), tonumber(kept[2])
  if not acts or not ends or ends <= now then
    acts, ends = 0, now + length
  end
  if acts < most then
    found[#found + 1] = { key, acts + 1, ends }
    answer[#answer + 1] = string.format('%d', i - 1)
  elseif not passable then
    return { 'full', string.format('%d', i - 1), string.format('%.0f', ends) }
  end
end
for _, window in ipairs(found) do
  local key, acts, ends = window[1], window[2], window[3]
  redis.call('HSET', key, 'n', string.format('%.0f', acts), 'e', string.format('%.0f', ends))
  -- A minute more than by the clock of whoever asks: the clocks of others may be behind.
  redis.call('PEXPIRE', key, string.format('%.0f', ends - now + 60000))
end
return answer
