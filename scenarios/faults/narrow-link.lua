-- 20 kB/s are not enough to replicate 100 records of 200 bytes a second to a follower: its fetch responses
-- queue up, and the bandwidth is what acks=all waits for.
scenario { api = 1, name = "a link with little bandwidth", seeds = "1..3", require_effect = true }

local expect = require("expect")
local workloads = require("workloads")

local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "100/s", { acks = "all" })
workloads.reader(c, orders)

at("10s", function()
  local narrow = fault.narrow_link {
    a = "leader of orders-0", b = "followers of orders-0", bandwidth = "20kB/s", duration = "20s",
  }
  sleep("19s")
  expect.that("frames queued", narrow:effects()["frames delayed"] > 10)
end)

run_for("60s")
