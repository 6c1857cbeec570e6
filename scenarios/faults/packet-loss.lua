-- A twentieth of the segments between the leader and everybody gets lost. TCP sends them again, 200 ms
-- later at the earliest: no message is lost, the tail of the latency shows it.
scenario { api = 1, name = "packets get lost, messages do not", seeds = "1..3", require_effect = true }

local expect = require("expect")
local workloads = require("workloads")

local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "100/s", { acks = "all" })
workloads.reader(c, orders)

at("10s", function()
  local loss = fault.packet_loss { a = "leader of orders-0", ratio = "5%", duration = "20s" }
  sleep("19s")
  expect.that("segments were sent again", loss:effects()["frames lost and sent again"] > 10)
  expect.that("the tail shows it", metric("produce.latency").p99_us >= 200000)
end)

run_for("60s")
