-- A broker loses power and is back within its session. The controller refuses to register a second incarnation while
-- the first one's session lasts; then the broker has a new epoch, and perhaps a shorter log. What it said before is
-- still on the way. Two of its old requests arrive now: a fetch that claims an offset its log may no longer reach,
-- which would raise the high watermark over records that only the leader has, and an AlterPartition of the time when it
-- led. Both carry the old broker epoch, and both are fenced (KIP-841, KIP-903).
scenario {
  api = 1, name = "stale broker epoch", seeds = "1..3", require_effect = true,
  reaches = { "isr-change" },
}

local expect = require("expect")
local waits = require("waits")
local workloads = require("workloads")

local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 3, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "60/s", { acks = "all" })
workloads.reader(c, orders)

local restarted = c:broker(2)
local fetches = net:capture { api = "Fetch", from = restarted, to = c:broker(1), topic = orders, limit = 1 }
local proposals = net:capture { api = "AlterPartition", from = restarted, limit = 1 }

local refused = 0
on("message", { api = "BrokerRegistration", kind = "response", to = restarted }, function(e)
  if e.message:fields().error_code == "DUPLICATE_BROKER_REGISTRATION" then refused = refused + 1 end
end)

local is_over = false
check.that("both requests of the old incarnation arrived", function() return is_over end)

at("10s", function()
  -- A third broker leaves and returns: its leaders, the one to be restarted among them, propose to admit it again.
  fault.restart { node = c:broker(3), downtime = "12s" }
  wait_until(function() return proposals:count() > 0 end, { within = "40s" })
  wait_until(function() return #c:under_replicated() == 0 end, { within = "20s" })

  local before = restarted:epoch()
  restarted:power_loss()
  sleep("500ms")
  restarted:start()
  wait_until(function() return restarted:epoch() ~= before end, { within = "15s" })
  expect.that("the second incarnation was refused at first", refused > 0)
  waits.unfenced(restarted)
  sleep("200ms")

  -- The fetch opened a session; alone it stands for itself. It claims all that the leader has.
  local edit = { session_id = 0, session_epoch = -1 }
  local fetched = fetches:message():fields().topics[1].partitions[1].partition
  edit["topics[1].partitions[1].fetch_offset"] = orders:leo(fetched, c:broker(1))
  local fetch = fetches:replay { edit = edit }
  local proposal = proposals:replay { to = c:controller() }
  wait_until(function() return fetch:is_done() and proposal:is_done() end, { within = "5s" })
  local told = fetch:answer().responses[1].partitions[1]
  expect.that("the old fetch is fenced", told.error_code == "NOT_LEADER_OR_FOLLOWER")
  expect.that("the old proposal is fenced", proposal:answer().error_code == "STALE_BROKER_EPOCH")
  wait_until(function() return #c:under_replicated() == 0 end, { within = "40s" })
  is_over = true
end)

run_for("90s")
