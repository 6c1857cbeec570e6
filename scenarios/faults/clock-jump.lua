-- The leader's wall clock jumps an hour ahead and back again. Followers that keep up fetch all the time
-- and stay in the ISR.
scenario { api = 1, name = "a wall clock that jumps", seeds = "1..3", require_effect = true }

local expect = require("expect")
local workloads = require("workloads")

local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "100/s", { acks = "all" })
workloads.reader(c, orders)

at("10s", function()
  local jump = fault.clock_jump { node = "leader of orders-0", offset = "1h", duration = "10s" }
  sleep("9s")
  expect.that("it read a wrong time", jump:affected() > 0)
  expect.that("nobody left the ISR", #orders:isr(0) == 3)
end)

run_for("60s")
