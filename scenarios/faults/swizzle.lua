-- All three brokers are cut off one by one and come back in another order, as FoundationDB does it. It
-- ends by itself.
scenario { api = 1, name = "brokers leave and return in different orders", seeds = "1..3", require_effect = true }

local expect = require("expect")
local waits = require("waits")
local workloads = require("workloads")

local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "100/s", { acks = "all" })
workloads.reader(c, orders)

at("10s", function()
  local swizzle = fault.swizzle { nodes = "brokers", step = "1s", hold = "2s" }
  wait_until(function() return swizzle:is_over() end, { within = "10s" })
  expect.that("it held frames", swizzle:effects()["frames held"] > 0)
  waits.isr(orders, 0, 3)
end)

run_for("60s")
