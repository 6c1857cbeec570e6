-- A NAT between producer and brokers forgets its mappings. The producer goes on writing into connections
-- that only look open; nothing tells it until request.timeout.ms is over. Then it closes them, connects
-- anew, and sends again what had no answer. With the defaults half a minute of silence, in which the
-- cluster was healthy all the time.
scenario { api = 1, name = "connections that only look open", seeds = "1..3", require_effect = true }

local expect = require("expect")
local workloads = require("workloads")

local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "100/s", { acks = "all" })
workloads.reader(c, orders)

at("10s", function()
  local nat = fault.half_open { a = "producer-1", b = "brokers" }
  sleep("10s")
  expect.that("it writes into nothing", nat:effects()["frames held"] > 0)
end)
check.that("nobody noticed before request.timeout.ms", function()
  return metric("produce.latency").max_us >= 29000000
end)
check.that("no leader changed", function() return orders:leader_epoch(0) == 0 end)

run_for("90s")
