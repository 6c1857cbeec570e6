-- A link between the leader and one follower flaps with a period near replica.lag.time.max.ms: the
-- follower leaves the ISR and comes back, again and again, each time at the cost of an AlterPartition and
-- of a new partition epoch. Nothing is lost, but the leader is busy with it.
scenario { api = 1, name = "a flapping link makes the ISR flap", seeds = "1..3", require_effect = true }

local expect = require("expect")
local waits = require("waits")
local workloads = require("workloads")

local c = cluster { brokers = 3, config = { replica_lag_time_max_ms = "2s" } }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "100/s", { acks = "all" })
workloads.reader(c, orders)

local changes = on("isr-change", { topic = orders, partition = 0 }, function() end)

at("10s", function()
  local follower = orders:followers(0)[1]
  local flap = fault.flapping_link {
    a = "leader of orders-0", b = follower, down = "6s", up = "3s", duration = "60s",
  }
  sleep("60s")
  expect.that("it flapped", flap:effects()["times cut"] >= 3)
  waits.isr(orders, 0, 3)
  expect.that("the ISR flapped with it", changes:count() >= 4)
end)

run_for("100s")
