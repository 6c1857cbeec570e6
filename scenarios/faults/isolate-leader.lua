-- Whoever leads orders-0 is cut off from everybody. Nine seconds later another broker leads; the old one
-- learns of it when the cut is healed, and follows.
scenario { api = 1, name = "the leader is isolated", seeds = "1..3", require_effect = true }

local expect = require("expect")
local waits = require("waits")
local workloads = require("workloads")

local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "100/s", { acks = "all" })
workloads.reader(c, orders)

at("10s", function()
  local old = orders:leader(0)
  local cut = fault.isolate_leader { partition = "orders-0" }
  waits.new_leader(orders, 0, old)
  expect.that("it was noticed", cut:affected() > 0)
  cut:heal()
  waits.isr(orders, 0, 3)
end)

run_for("60s")
