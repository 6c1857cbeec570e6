-- A NAT forgets the connections between leader and followers: their fetches vanish, and neither side is
-- told. The followers find out when replica.socket.timeout.ms (30 s) is over and connect again.
scenario { api = 1, name = "connections that only look open", seeds = "1..3", require_effect = true }

local expect = require("expect")
local waits = require("waits")
local workloads = require("workloads")

local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "100/s", { acks = "all" })
workloads.reader(c, orders)

at("10s", function()
  local nat = fault.half_open { a = "leader of orders-0", b = "followers of orders-0" }
  sleep("45s")
  expect.that("segments vanished", nat:affected() > 0)
  waits.isr(orders, 0, 3)
end)

run_for("90s")
