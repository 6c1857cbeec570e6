-- What the leader sends does not reach its followers, while their fetch requests arrive. After
-- replica.lag.time.max.ms (30 s) it is alone in its ISR; once healed all are back.
scenario { api = 1, name = "the leader speaks and is not heard", seeds = "1..3", require_effect = true }

local expect = require("expect")
local waits = require("waits")
local workloads = require("workloads")

local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "100/s", { acks = "all" })
workloads.reader(c, orders)

at("5s", function()
  local cut = fault.one_way_partition { from = "leader of orders-0", to = "followers of orders-0" }
  waits.isr(orders, 0, 1, "50s")
  expect.that("the cut held frames", cut:affected() > 0)
  cut:heal()
  waits.isr(orders, 0, 3)
end)

run_for("120s")
