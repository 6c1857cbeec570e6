-- All CPU work of the leader takes fifty times as long, as under a noisy neighbour. Heartbeats have a
-- thread of their own and go on: no election, only latency.
scenario { api = 1, name = "a slow processor is no dead broker", seeds = "1..3", require_effect = true }

local expect = require("expect")
local workloads = require("workloads")

local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "100/s", { acks = "all" })
workloads.reader(c, orders)

at("10s", function()
  local old = orders:leader(0)
  local slow = fault.slow_cpu { node = old, factor = 50, duration = "15s" }
  sleep("14s")
  expect.that("work took longer", slow:effects()["jobs slowed"] > 100)
  expect.that("it still leads", orders:leader(0) == old)
end)

run_for("60s")
