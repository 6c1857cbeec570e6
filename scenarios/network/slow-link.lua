-- A follower sits behind a link that gets slower and slower. As long as a fetch round trip is shorter than
-- replica.lag.time.max.ms and brings it to the end of the log of that moment, it stays in the ISR, and
-- acks=all pays for its latency. With a latency beyond the lag time it is out, and acks=all is fast again:
-- a slow replica is worse than a dead one.
scenario { api = 1, name = "a slow follower against replica.lag.time.max.ms", seeds = "1..3", require_effect = true }

local expect = require("expect")
local waits = require("waits")
local workloads = require("workloads")

local c = cluster { brokers = 3, config = { replica_lag_time_max_ms = "2s" } }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "100/s", { acks = "all" })
workloads.reader(c, orders)

at("10s", function()
  local follower = orders:followers(0)[1]
  local slow = fault.slow_link { a = "leader of orders-0", b = follower, latency = "200ms" }
  sleep("15s")
  expect.that("its packets were slow", slow:effects()["frames delayed"] > 50)
  expect.that("a slow follower stays in the ISR", #orders:isr(0) == 3)
  slow:heal()
  local slower = fault.slow_link { a = "leader of orders-0", b = follower, latency = "3s" }
  waits.isr(orders, 0, 2, "30s")
  expect.that("it was noticed", slower:affected() > 0)
  slower:heal()
  waits.isr(orders, 0, 3)
end)

run_for("90s")
