-- A consumer takes 10 kB/s off its sockets, less than what is sent: its receive buffer fills up, and the
-- broker is stalled for it alone. Healed, it catches up.
scenario { api = 1, name = "a receiver that does not keep up", seeds = "1..3", require_effect = true }

local expect = require("expect")
local workloads = require("workloads")

local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "100/s", { acks = "all" })
workloads.reader(c, orders)

at("10s", function()
  local slow = fault.slow_receiver { node = "consumer-1", bandwidth = "10kB/s", duration = "15s" }
  sleep("14s")
  expect.that("it fell behind", slow:effects()["frames delayed"] > 0)
end)

run_for("60s")
