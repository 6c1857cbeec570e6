-- The leader is cut off from both followers for three seconds, less than replica.lag.time.max.ms: nobody
-- leaves the ISR, acks=all waits, and what was held moves at a retransmission after the heal.
scenario { api = 1, name = "a partition shorter than the lag time", seeds = "1..3", require_effect = true }

local expect = require("expect")
local workloads = require("workloads")

local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "100/s", { acks = "all" })
workloads.reader(c, orders)

at("10s", function()
  local cut = fault.partition { a = "leader of orders-0", b = "followers of orders-0", duration = "3s" }
  sleep("5s")
  expect.that("acks=all waited", metric("produce.latency").max_us >= 2000000)
  expect.that("frames were held", cut:effects()["frames held"] > 0)
  expect.that("nobody left the ISR", #orders:isr(0) == 3)
end)

run_for("60s")
