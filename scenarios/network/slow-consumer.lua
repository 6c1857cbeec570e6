-- A consumer that takes little off its socket stalls its own connection: the window closes, fetch
-- responses wait in the broker, and nobody else is affected. Its lag grows and goes away after the heal.
scenario { api = 1, name = "back-pressure hits the slow one alone", seeds = "1..3", require_effect = true }

local expect = require("expect")
local workloads = require("workloads")

local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "100/s", { acks = "all" })
workloads.reader(c, orders)

local consumer = workloads.reader(c, orders)
at("10s", function()
  local slow = fault.slow_receiver { node = consumer, bandwidth = "5kB/s", duration = "20s" }
  sleep("19s")
  expect.that("it fell behind", slow:affected() > 0)
  note("lag " .. consumer:lag(0) .. " records")
end)
threshold("produce.latency", "p99 < 100ms")
check.eventually("it catches up", function() return now() > 40000 and consumer:lag(0) < 20 end, "80s")

run_for("80s")
