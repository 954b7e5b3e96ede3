-- Takes tokens out of a bucket that fills by itself.
-- KEYS[1]: the bucket. ARGV: the present instant, tokens a second, the most tokens, the fewest that must be there or '',
-- how many are taken.
-- A bucket is a hash: t, thousandths of tokens; a, when they were counted. One that is full is the same as none.
-- Answers whether it gave (1 or 0), and the thousandths that are left.
local now, rate, most = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]) * 1000
local cost = tonumber(ARGV[5]) * 1000
local kept = redis.call('HMGET', KEYS[1], 't', 'a')
local tokens, at = tonumber(kept[1]), tonumber(kept[2])
if tokens and at then
  tokens = math.min(tokens + math.max(now - at, 0) * rate, most)
  -- A clock that is behind gives nothing twice.
  at = math.max(at, now)
else
  tokens, at = most, now
end
local given = ARGV[4] == '' or tokens >= tonumber(ARGV[4]) * 1000
if given then
  tokens = tokens - cost
end
redis.call('HSET', KEYS[1], 't', string.format('%.0f', tokens), 'a', string.format('%.0f', at))
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', math.ceil((most - tokens) / rate) + 60000))
return { given and 1 or 0, string.format('%.0f', tokens) }
