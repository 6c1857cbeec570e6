-- A middlebox resets all connections of the leader. Producer, consumer and followers connect again at
-- once; idempotence keeps the retried batches single.
scenario { api = 1, name = "connections are reset", seeds = "1..3", require_effect = true }

local expect = require("expect")
local workloads = require("workloads")

local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "100/s", { acks = "all" })
workloads.reader(c, orders)

at("10s", function()
  local reset = fault.reset { a = "leader of orders-0" }
  expect.that("connections were reset", reset:affected() > 0)
  sleep("5s")
  expect.that("nobody left the ISR", #orders:isr(0) == 3)
end)

run_for("60s")
