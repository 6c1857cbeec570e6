-- Brokers and controller fall into two groups that the seed draws, for fifteen seconds. Whatever the
-- groups, nothing acknowledged is lost and all are back afterwards.
scenario { api = 1, name = "groups drawn from the seed", seeds = "1..3", require_effect = true }

local expect = require("expect")
local waits = require("waits")
local workloads = require("workloads")

local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "100/s", { acks = "all" })
workloads.reader(c, orders)

at("10s", function()
  local cut = fault.random_partition { nodes = "servers", groups = 2, duration = "15s" }
  sleep("14s")
  expect.that("two groups stopped talking", cut:affected() > 0)
  waits.isr(orders, 0, 3)
end)

run_for("75s")
