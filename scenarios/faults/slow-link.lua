-- 50 ms are added to each packet between leader and followers: acks=all waits for two of them, the ISR
-- stays whole.
scenario { api = 1, name = "a slow link between replicas", seeds = "1..3", require_effect = true }

local expect = require("expect")
local workloads = require("workloads")

local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "100/s", { acks = "all" })
workloads.reader(c, orders)

at("10s", function()
  local slow = fault.slow_link {
    a = "leader of orders-0", b = "followers of orders-0", latency = "50ms", duration = "20s",
  }
  sleep("19s")
  expect.that("packets took longer", slow:effects()["time added"] >= 1000)
  expect.that("nobody left the ISR", #orders:isr(0) == 3)
  expect.that("acks=all took longer", metric("produce.latency").p99_us >= 50000)
end)

run_for("60s")
