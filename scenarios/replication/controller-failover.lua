-- The active controller and the leader of a partition die in the same moment, so nobody is there to elect another
-- leader. A second controller takes over: it has all that was committed, finds the broker's session over, and elects.
-- Records acknowledged before, during and after are there; the old controller comes back as a follower.
scenario {
  api = 1, name = "controller failover in the middle of an election", seeds = "1..3",
  reaches = { "election" },
}

local workloads = require("workloads")

local c = cluster { brokers = 3, controllers = 3 }
local orders = c:topic("orders", { partitions = 2, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "50/s", { acks = "all" })
workloads.reader(c, orders)

at("10s", function()
  local before = c:controller()
  local leader = orders:leader(0)
  fault.kill { node = leader, duration = "25s" }
  fault.kill { node = before, duration = "20s" }
  wait_until(function() return c:controller():name() ~= before:name() end, { within = "8s" })
  local function has_moved() return #c:leaderless() == 0 and orders:leader(0):name() ~= leader:name() end
  wait_until(has_moved, { within = "15s" })
end)

at("50s", function()
  wait_until(function() return #c:under_replicated() == 0 end, { within = "10s" })
end)

run_for("65s")
