-- The only controller is cut off for twenty seconds. Clients and brokers go on with the metadata they
-- have; nothing is lost, and afterwards everybody is in service.
scenario { api = 1, name = "the controller is isolated", seeds = "1..3", require_effect = true }

local expect = require("expect")
local waits = require("waits")
local workloads = require("workloads")

local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "100/s", { acks = "all" })
workloads.reader(c, orders)

at("10s", function()
  local cut = fault.isolate_controller { duration = "20s" }
  sleep("5s")
  expect.that("heartbeats waited", cut:affected() > 0)
end)

at("45s", function()
  for _, broker in ipairs(c:brokers()) do waits.unfenced(broker, "15s") end
end)

run_for("75s")
