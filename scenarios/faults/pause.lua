-- A garbage collection of fifteen seconds on the leader: longer than its session, so that another one
-- leads when it wakes up.
scenario { api = 1, name = "the leader stands still", seeds = "1..3", require_effect = true }

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
  local gc = fault.pause { node = old, duration = "15s" }
  waits.new_leader(orders, 0, old)
  wait_until(function() return gc:is_over() end, { within = "10s" })
  expect.that("time was stolen", gc:effects()["time stolen"] == 15000)
  waits.isr(orders, 0, 3)
end)

run_for("60s")
