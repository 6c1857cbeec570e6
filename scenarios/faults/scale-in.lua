-- A follower leaves for good in a controlled shutdown; nobody moved its replica away. Two replicas are
-- left, enough for min.insync.replicas.
scenario { api = 1, name = "a broker leaves for good", seeds = "1..3", require_effect = true }

local waits = require("waits")
local workloads = require("workloads")

local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "100/s", { acks = "all" })
workloads.reader(c, orders)

at("10s", function()
  local follower = orders:followers(0)[1]
  local shrunk = fault.scale_in { nodes = follower }
  wait_until(function() return shrunk:effects()["brokers gone"] == 1 end, { within = "10s" })
  waits.isr(orders, 0, 2, "5s")
end)

run_for("60s")
