-- The leader's disk stands still for three seconds: nothing is appended, nothing acknowledged, nothing
-- lost. Then all operations go on in order.
scenario { api = 1, name = "the disk of the leader stalls", seeds = "1..3", require_effect = true }

local expect = require("expect")
local workloads = require("workloads")

local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "100/s", { acks = "all" })
workloads.reader(c, orders)

at("10s", function()
  local stall = fault.stalled_disk { node = "leader of orders-0", duration = "3s" }
  sleep("1s")
  local stuck_at = orders:leo(0)
  sleep("1s")
  expect.that("nothing was appended meanwhile", orders:leo(0) == stuck_at)
  expect.that("operations waited", stall:effects()["operations stalled"] > 0)
end)

run_for("60s")
