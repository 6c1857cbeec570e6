-- A balancer in front of the leader restarts over and over and takes all connections with it. Whatever
-- was acknowledged stays; what was on its way is sent again, and idempotence keeps it single.
scenario { api = 1, name = "connections are reset again and again", seeds = "1..3", require_effect = true }

local expect = require("expect")
local workloads = require("workloads")

local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "100/s", { acks = "all" })
workloads.reader(c, orders)

at("10s", function()
  local storm = fault.reset_storm { a = "leader of orders-0", every = "300ms", duration = "10s" }
  sleep("10s")
  expect.that("connections were reset many times", storm:affected() > 20)
  sleep("5s")
  expect.that("all are in the ISR afterwards", #orders:isr(0) == 3)
end)

run_for("60s")
