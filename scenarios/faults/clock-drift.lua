-- The leader's wall clock runs five percent fast for half a minute. Nothing that Kafka decides here
-- depends on it.
scenario { api = 1, name = "a drifting wall clock", seeds = "1..3", require_effect = true }

local expect = require("expect")
local workloads = require("workloads")

local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "100/s", { acks = "all" })
workloads.reader(c, orders)

at("5s", function()
  local drift = fault.clock_drift { node = "leader of orders-0", ppm = 50000, duration = "30s" }
  sleep("29s")
  expect.that("it read a wrong time", drift:affected() > 0)
  expect.that("nobody left the ISR", #orders:isr(0) == 3)
end)

run_for("60s")
