-- Leader and followers see each other only through the controller, which hears all. No broker is fenced,
-- for every heartbeat arrives; the ISR shrinks to the leader all the same.
scenario { api = 1, name = "two halves and a bridge", seeds = "1..3", require_effect = true }

local expect = require("expect")
local waits = require("waits")
local workloads = require("workloads")

local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "100/s", { acks = "all" })
workloads.reader(c, orders)

at("5s", function()
  local bridge = fault.bridge { a = "leader of orders-0", bridge = "controller", b = "followers of orders-0" }
  waits.isr(orders, 0, 1, "50s")
  for _, broker in ipairs(c:brokers()) do
    expect.that(broker:name() .. " was not fenced", broker:state() == "unfenced")
  end
  expect.that("it held frames", bridge:affected() > 0)
  bridge:heal()
  waits.isr(orders, 0, 3)
end)

run_for("120s")
