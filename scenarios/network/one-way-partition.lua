-- What a follower sends reaches the leader; what the leader sends does not reach the follower, as with a
-- broken duplex cable or a firewall rule in one direction. The leader sees one fetch and no more, and
-- after replica.lag.time.max.ms takes the follower out of the ISR, while the controller, which hears its
-- heartbeats, sees nothing wrong.
scenario { api = 1, name = "half a cable is broken", seeds = "1..3", require_effect = true }

local expect = require("expect")
local waits = require("waits")
local workloads = require("workloads")

local c = cluster { brokers = 3, config = { replica_lag_time_max_ms = "10s" } }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "100/s", { acks = "all" })
workloads.reader(c, orders)

at("10s", function()
  local follower = orders:followers(0)[1]
  local cut = net:partition("leader of orders-0", follower, { direction = "to" })
  waits.isr(orders, 0, 2, "25s")
  expect.that("the controller saw nothing wrong", follower:state() == "unfenced")
  cut:heal()
  waits.isr(orders, 0, 3)
end)

run_for("90s")
