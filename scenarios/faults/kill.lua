-- The leader is killed. Its successor is elected when its broker session of nine seconds is over; started
-- again, it follows and comes back to the ISR.
scenario { api = 1, name = "the leader is killed", seeds = "1..3", require_effect = true }

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
  local kill = fault.kill { node = old }
  expect.that("peers saw resets", kill:effects()["connections reset"] > 0)
  waits.new_leader(orders, 0, old)
  kill:heal()
  waits.isr(orders, 0, 3)
end)

run_for("60s")
