-- What wrk sends. KIND chooses the request; the other parameters come by the environment too, so that one script drives
-- both servers. Prints one line that starts with RESULT and holds JSON.

local function env(name) return os.getenv(name) or "" end

local function encode(text)
  return (text:gsub("[^%w%-%._~]", function(c) return string.format("%%%02X", string.byte(c)) end))
end

local scim = { ["Authorization"] = "Bearer " .. env("SCIM_TOKEN"), ["Content-Type"] = "application/scim+json" }
local users = tonumber(env("USERS")) or 1000
local ids, count, thread_tag = {}, 0, 0
local user_schema = "urn:ietf:params:scim:schemas:core:2.0:User"

local kinds = {}

kinds["get-session"] = function()
  return wrk.format("GET", "/api/auth/get-session", { ["Cookie"] = env("COOKIE") })
end

kinds["scim-get"] = function()
  return wrk.format("GET", env("SCIM_PATH") .. "/Users/" .. ids[math.random(#ids)], scim)
end

kinds["scim-filter"] = function()
  local filter = string.format('userName eq "user%06d@bench.example"', math.random(users))
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

kinds["sign-in"] = function()
  local body = string.format('{"email":"%s","password":"%s"}', env("EMAIL"), env("PASSWORD"))
  return wrk.format("POST", "/api/auth/sign-in/email", { ["Content-Type"] = "application/json" }, body)
end

local next_tag = 0
function setup(thread)
  thread:set("tag", next_tag)
  next_tag = next_tag + 1
end

function init()
  thread_tag = tag or 0
  math.randomseed(4711 + thread_tag)
  if env("KIND") == "scim-get" then
    for line in io.lines(env("IDS_FILE")) do ids[#ids + 1] = line end
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
