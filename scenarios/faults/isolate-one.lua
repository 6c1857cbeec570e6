-- A follower hears nobody: its session of nine seconds runs out, the controller fences it and takes it out
-- of the ISR. Healed, it catches up and comes back.
scenario { api = 1, name = "an isolated follower is fenced and comes back", seeds = "1..3", require_effect = true }

local expect = require("expect")
local waits = require("waits")
local workloads = require("workloads")

local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "100/s", { acks = "all" })
workloads.reader(c, orders)

at("10s", function()
  local follower = orders:followers(0)[1]
  local cut = fault.isolate_one { node = follower }
  waits.isr(orders, 0, 2, "20s")
  expect.that("it touched connections", cut:affected() > 0)
  cut:heal()
  waits.isr(orders, 0, 3)
end)

run_for("60s")
