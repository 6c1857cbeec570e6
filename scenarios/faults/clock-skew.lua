-- The leader's wall clock is slewed twenty seconds ahead, evenly, and back again. Sessions and timers
-- count on the monotonic clock: nobody is fenced.
scenario { api = 1, name = "a skewed wall clock", seeds = "1..3", require_effect = true }

local expect = require("expect")
local workloads = require("workloads")

local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "100/s", { acks = "all" })
workloads.reader(c, orders)

at("5s", function()
  local old = orders:leader(0)
  local skew = fault.clock_skew { node = old, offset = "20s", over = "25s", duration = "30s" }
  sleep("29s")
  expect.that("it read a wrong time", skew:affected() > 0)
  expect.that("it still leads", orders:leader(0) == old)
  expect.that("nobody left the ISR", #orders:isr(0) == 3)
end)

run_for("90s")
