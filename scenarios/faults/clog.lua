-- Nothing moves between leader and followers for two seconds, as in a full queue of a router; then all of
-- it moves at once, in order, without a retransmission.
scenario { api = 1, name = "a way that is clogged", seeds = "1..3", require_effect = true }

local expect = require("expect")
local workloads = require("workloads")

local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "100/s", { acks = "all" })
workloads.reader(c, orders)

at("10s", function()
  local clog = fault.clog { a = "leader of orders-0", b = "followers of orders-0", duration = "2s" }
  sleep("2100ms")
  expect.that("frames stood there", clog:effects()["frames delayed"] > 0)
  expect.that("nobody left the ISR", #orders:isr(0) == 3)
end)

run_for("60s")
