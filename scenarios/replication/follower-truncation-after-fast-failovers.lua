-- Leadership goes round faster than replicas can follow. Each leader is cut off from its followers while producers
-- still reach it, so that it appends what nobody else has, and then dies; its successor fares the same before the first
-- is back. Each replica thus comes back with a tail of its own, from an epoch that the present leader may not even
-- know. It says the epoch of its last record with each fetch, and cuts on the leader's word, epoch by epoch, until both
-- agree (KIP-101, KIP-279). What was acknowledged is in none of those tails.
scenario {
  api = 1, name = "follower truncation after fast failovers", seeds = "1..3", require_effect = true,
  params = { rounds = 3 }, reaches = { "election", "truncate" },
}

local expect = require("expect")
local waits = require("waits")
local workloads = require("workloads")

local c = cluster {
  brokers = 3, config = { broker_session_timeout_ms = "1500ms", broker_heartbeat_interval_ms = "300ms" },
}
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
for _ = 1, 2 do workloads.steady(c, orders, "60/s", { acks = "all" }) end
workloads.reader(c, orders)

local function crash_with_a_tail()
  local leader = orders:leader(0)
  local others = {}
  for _, broker in ipairs(c:brokers()) do
    if broker ~= leader then others[#others + 1] = broker end
  end
  local cut = net:partition(leader, others)
  sleep("400ms")
  leader:kill()
  cut:heal()
  return leader
end

at("8s", function()
  for _ = 1, param.rounds do
    local first = crash_with_a_tail()
    waits.new_leader(orders, 0, first)
    sleep("300ms")
    local second = crash_with_a_tail()
    sleep("200ms")
    first:start()
    sleep("100ms")
    second:start()
    waits.led(orders)
    waits.isr(orders, 0, 3)
    sleep("500ms")
  end
  expect.that("epochs went up each time", orders:leader_epoch(0) >= 2 * param.rounds)
end)

run_for("45s")
