-- The link between leader and followers comes and goes, half a second each on average. Fetches get through
-- often enough: the ISR stays whole, at the price of latency.
scenario { api = 1, name = "a link that flaps", seeds = "1..3", require_effect = true }

local expect = require("expect")
local workloads = require("workloads")

local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "100/s", { acks = "all" })
workloads.reader(c, orders)

at("10s", function()
  local flap = fault.flapping_link {
    a = "leader of orders-0", b = "followers of orders-0", down = "500ms", up = "500ms", duration = "15s",
  }
  sleep("14s")
  expect.that("it flapped", flap:effects()["times cut"] > 3 and flap:affected() > 0)
  expect.that("nobody left the ISR", #orders:isr(0) == 3)
end)

run_for("60s")
