-- A controlled shutdown of the leader: the controller elects a successor before it leaves, so that nobody
-- waits for a session.
scenario { api = 1, name = "a controlled shutdown of the leader", seeds = "1..3", require_effect = true }

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
  local leave = fault.shutdown { node = old }
  waits.new_leader(orders, 0, old, "1s")
  wait_until(function() return not old:is_up() end, { within = "10s" })
  expect.that("it was asked to leave", leave:affected() == 1)
  leave:heal()
  waits.isr(orders, 0, 3)
end)

run_for("60s")
