-- Five brokers, each of which hears two neighbours only. A partition whose replicas are no neighbours
-- loses followers from its ISR; healed, all come back.
scenario { api = 1, name = "each broker hears its neighbours only", seeds = "1..3", require_effect = true }

local expect = require("expect")
local waits = require("waits")
local workloads = require("workloads")

local c = cluster { brokers = 5 }
local orders = c:topic("orders", { partitions = 5, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "100/s", { acks = "all" })
workloads.reader(c, orders)

at("5s", function()
  local ring = fault.ring { nodes = "brokers" }
  sleep("45s")
  expect.that("some replica was cut from its leader", ring:affected() > 0)
  ring:heal()
  for p = 0, 4 do waits.isr(orders, p, 3) end
end)

run_for("120s")
