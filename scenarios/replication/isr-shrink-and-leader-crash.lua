-- A follower no longer hears the leader and after replica.lag.time.max.ms leaves the in-sync replicas. In that moment
-- the leader dies. The controller may elect only who is in sync: the other follower, which has all that was
-- acknowledged. The one that was cut off has not, and never leads: when it hears the others again it cuts what nobody
-- else has and catches up; the old leader comes back the same way. While two are down nothing is acknowledged, since
-- min.insync.replicas is 2.
scenario {
  api = 1, name = "ISR shrink and leader crash", seeds = "1..3", require_effect = true,
  reaches = { "isr-change", "election", "send-failed" },
}

local expect = require("expect")
local waits = require("waits")
local workloads = require("workloads")

local c = cluster { brokers = 3, config = { replica_lag_time_max_ms = "5s" } }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "50/s", { acks = "all", delivery_timeout_ms = "4s", request_timeout_ms = "3s" })
workloads.reader(c, orders)

at("8s", function()
  local leader, behind, in_sync = orders:leader(0), orders:followers(0)[1], orders:followers(0)[2]
  on("became-leader", { topic = orders, node = behind }, function()
    expect.that("who was out of sync does not lead", false)
  end)
  local cut = net:partition(behind, leader)
  waits.isr(orders, 0, 2, "12s")
  leader:kill()
  expect.that("the successor is in sync", waits.new_leader(orders, 0, leader) == in_sync)
  sleep("6s")
  cut:heal()
  sleep("3s")
  leader:start()
  waits.isr(orders, 0, 3)
end)

run_for("60s")
