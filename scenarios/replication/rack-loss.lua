-- Three racks, a broker and a reader in each. The brokers have a replica selector that knows racks (KIP-392), so each
-- reader is sent to the replica in its own rack and reads there up to that replica's high watermark, which trails the
-- leader's. A rack loses power: its reader waits for an answer until request.timeout.ms, then falls back to the
-- leaders. The rack comes back with whatever of its log the power loss has left, catches up, joins the in-sync
-- replicas, and its reader is sent home again. Nobody misses a record or gets one twice, and nothing acknowledged is
-- lost.
scenario {
  api = 1, name = "rack loss with fetch from follower", seeds = "1..3", require_effect = true,
  params = { rate = "60/s" }, reaches = { "election", "isr-change" },
}

local expect = require("expect")
local workloads = require("workloads")

local racks = { "rack-a", "rack-b", "rack-c" }
local c = cluster {
  brokers = 3, racks = racks,
  config = { replica_selector_class = "org.apache.kafka.common.replica.RackAwareReplicaSelector" },
}
local orders = c:topic("orders", { partitions = 3, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
local producer = c:producer { acks = "all" }
producer:drive { topic = orders, rate = param.rate, count = 3600, size = 200, keys = 1000 }

-- Fetches of each reader, by the rack that they went to.
local readers, asked = {}, {}
for _, rack in ipairs(racks) do
  readers[rack] = c:consumer {
    topic = orders, auto_offset_reset = "earliest", client_rack = rack, request_timeout_ms = "4s",
  }
  asked[rack] = {}
  on("message", { api = "Fetch", kind = "request", from = readers[rack] }, function(e)
    local there = e.to:rack()
    asked[rack][there] = (asked[rack][there] or 0) + 1
  end)
end

-- Whom a reader asks during the next two seconds: its own rack, and others.
local function watch_reader(rack)
  asked[rack] = {}
  sleep("2s")
  local own, others = asked[rack][rack] or 0, 0
  for there, count in pairs(asked[rack]) do
    if there ~= rack then others = others + count end
  end
  return own, others
end

at("12s", function()
  for _, rack in ipairs(racks) do
    local own, others = watch_reader(rack)
    expect.that("the reader of " .. rack .. " reads at home", own > 0 and others == 0)
  end
end)

at("20s", function()
  local lost = racks[2]
  fault.power_loss { node = "rack " .. lost, duration = "20s" }
  sleep("12s")
  local own, others = watch_reader(lost)
  expect.that("without its rack the reader reads from leaders", own == 0 and others > 0)
end)

at("45s", function()
  wait_until(function() return #c:under_replicated() == 0 end, { within = "20s" })
  sleep("2s")
  local own, others = watch_reader(racks[2])
  expect.that("the rack is back, and its reader at home", own > 0 and others == 0)
end)

at("80s", function()
  for _, rack in ipairs(racks) do
    expect.that("the reader of " .. rack .. " has all", readers[rack]:delivered() == producer:acked())
  end
  expect.that("all was acknowledged", producer:acked() == 3600)
end)

run_for("85s")
