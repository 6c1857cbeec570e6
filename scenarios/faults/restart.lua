-- The leader is killed and its supervisor starts it again half a second later, long before its session is
-- over.
scenario { api = 1, name = "a quick restart of the leader", seeds = "1..3", require_effect = true }

local expect = require("expect")
local waits = require("waits")
local workloads = require("workloads")

local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "100/s", { acks = "all" })
workloads.reader(c, orders)

at("10s", function()
  local restart = fault.restart { node = "leader of orders-0", downtime = "500ms" }
  wait_until(function() return restart:is_over() end, { within = "1s" })
  expect.that("peers saw resets", restart:effects()["connections reset"] > 0)
  waits.isr(orders, 0, 3)
end)

run_for("60s")
