-- What wrk sends. KIND chooses the request; the other parameters come by the environment too, so that one script drives
-- both servers. Prints one line that starts with RESULT and holds JSON.

local function env(name) return os.getenv(name) or "" end

local function encode(text)
  return (text:gsub("[^%w%-%._~]", function(c) return string.format("%%%02X", string.byte(c)) end))
end

local scim = { ["Authorization"] = "Bearer " .. env("SCIM_TOKEN"), ["Content-Type"] = "application/scim+json" }
local users = tonumber(env("USERS")) or 1000
local name_format = env("NAME_FORMAT") ~= "" and env("NAME_FORMAT") or "user%06d@bench.example"
local limit = tonumber(env("LIMIT"))
local ids, groups, cookies, count, answers, thread_tag = {}, {}, {}, 0, 0, 0
local user_schema = "urn:ietf:params:scim:schemas:core:2.0:User"

local kinds = {}

kinds["get-session"] = function()
  return wrk.format("GET", "/api/auth/get-session", { ["Cookie"] = env("COOKIE") })
end

kinds["scim-get"] = function()
  return wrk.format("GET", env("SCIM_PATH") .. "/Users/" .. ids[math.random(#ids)], scim)
end

kinds["scim-filter"] = function()
  local filter = 'userName eq "' .. string.format(name_format, math.random(users)) .. '"'
  return wrk.format("GET", env("SCIM_PATH") .. "/Users?filter=" .. encode(filter), scim)
end

kinds["scim-post"] = function()
  count = count + 1
  local name = string.format("new-%s-%d-%d@bench.example", env("TAG"), thread_tag, count)
  local body = string.format(
    '{"schemas":["%s"],"userName":"%s","externalId":"x-%s","name":{"givenName":"New","familyName":"User"},'
      .. '"displayName":"New User","emails":[{"value":"%s","type":"work","primary":true}],"active":true}',
    user_schema, name, name, name)
  return wrk.format("POST", env("SCIM_PATH") .. "/Users", scim, body)
end

-- A block of people is switched off, then on again, so that each request changes something and hardly two meet.
kinds["scim-patch"] = function()
  local block, place = math.floor(count / 128), count % 128
  local id = ids[(block * 64 + place % 64) % #ids + 1]
  count = count + 1
  local body = '{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"active","value":'
    .. (place < 64 and "false" or "true") .. "}]}"
  return wrk.format("PATCH", env("SCIM_PATH") .. "/Users/" .. id, scim, body)
end

kinds["member-add"] = function()
  local body = '{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"add","path":"members","value":[{"value":"'
    .. ids[math.random(#ids)] .. '"}]}]}'
  return wrk.format("PATCH", env("SCIM_PATH") .. "/Groups/" .. groups[math.random(#groups)], scim, body)
end

kinds["first-page"] = function()
  return wrk.format("GET", env("SCIM_PATH") .. "/Users?startIndex=1&count=100", scim)
end

kinds["deep-page"] = function()
  return wrk.format("GET", env("SCIM_PATH") .. "/Users?count=100&startIndex=" .. math.max(1, users - 100), scim)
end

kinds["cursor-page"] = function()
  return wrk.format("GET", env("SCIM_PATH") .. "/Users?count=100&cursor=" .. encode(env("CURSOR")), scim)
end

kinds["sign-in"] = function()
  local body = string.format('{"email":"%s","password":"%s"}', env("EMAIL"), env("PASSWORD"))
  return wrk.format("POST", "/api/auth/sign-in/email", { ["Content-Type"] = "application/json" }, body)
end

kinds["sign-up"] = function()
  count = count + 1
  local body = string.format('{"name":"New User","email":"up-%s-%d-%d@bench.example","password":"%s"}', env("TAG"), thread_tag, count, env("PASSWORD"))
  return wrk.format("POST", "/api/auth/sign-up/email", { ["Content-Type"] = "application/json" }, body)
end

-- One of very many sessions.
kinds["session-of-many"] = function()
  return wrk.format("GET", "/api/auth/get-session", { ["Cookie"] = cookies[math.random(#cookies)] })
end

-- Each link is good once: a run begins where the last one ended.
kinds["magic-link"] = function()
  count = count + 1
  local number = tonumber(env("FIRST_LINK")) + count - 1
  return wrk.format("GET", "/api/auth/magic-link/verify?token=" .. string.format("benchmark-magic-link-%011d", number))
end

kinds["api-key"] = function()
  return wrk.format("GET", "/api/auth/get-session", { ["x-api-key"] = env("API_KEY") })
end

kinds["jwt"] = function()
  return wrk.format("GET", "/api/auth/token", { ["Cookie"] = env("COOKIE") })
end

local next_tag = 0
function setup(thread)
  thread:set("tag", next_tag)
  next_tag = next_tag + 1
end

function init()
  thread_tag = tag or 0
  -- Another run adds other members.
  math.randomseed(4711 + thread_tag + (tonumber(env("TAG"):sub(-6), 16) or 0))
  local lists = { IDS_FILE = ids, GROUPS_FILE = groups, COOKIES_FILE = cookies }
  for name, list in pairs(lists) do
    if env(name) ~= "" then
      for line in io.lines(env(name)) do list[#list + 1] = line end
    end
  end
end

-- Where a number of requests is asked for and not a time. wrk reads the answers only if there is such a function.
if limit then
  function response()
    answers = answers + 1
    if answers == limit then
      wrk.thread:stop()
      io.open(env("REACHED"), "w"):close()
    end
  end
end

function request() return kinds[env("KIND")]() end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format(
    'RESULT {"requests":%d,"seconds":%.4f,"p50_ms":%.3f,"p99_ms":%.3f,"refused":%d,"broken":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    e.status, e.connect + e.read + e.write + e.timeout))
end
