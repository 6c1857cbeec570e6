-- Every operation of the leader's disk takes five hundred times as long. Appends wait for it, and with
-- them all acknowledgements.
scenario { api = 1, name = "a slow disk under the leader", seeds = "1..3", require_effect = true }

local expect = require("expect")
local workloads = require("workloads")

local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "100/s", { acks = "all" })
workloads.reader(c, orders)

at("10s", function()
  local slow = fault.slow_disk { node = "leader of orders-0", factor = 500, duration = "10s" }
  sleep("9s")
  expect.that("operations took longer", slow:effects()["operations slowed"] > 10)
  expect.that("nobody left the ISR", #orders:isr(0) == 3)
end)

run_for("60s")
