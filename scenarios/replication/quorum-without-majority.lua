-- Two of three controllers are gone for fifteen seconds. Without a majority nothing of the metadata can change: a
-- leader that dies meanwhile is not replaced, and its partition waits. With the majority back all goes on, and nothing
-- is lost.
scenario {
  api = 1, name = "the quorum loses its majority and heals", seeds = "1..3",
  reaches = { "election" },
}

local expect = require("expect")
local workloads = require("workloads")

local c = cluster { brokers = 3, controllers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "50/s", { acks = "all" })
workloads.reader(c, orders)

at("10s", function()
  local first, second = c:controllers()[1], c:controllers()[2]
  fault.kill { node = first, duration = "15s" }
  fault.power_loss { node = second, duration = "17s" }
  sleep("1s")
  local leader = orders:leader(0)
  local epoch = orders:leader_epoch(0)
  fault.kill { node = leader, duration = "30s" }
  sleep("13s")
  expect.that("nobody could elect another leader", orders:leader_epoch(0) == epoch)
  wait_until(function() return orders:leader_epoch(0) > epoch end, { within = "25s" })
end)

at("55s", function()
  wait_until(function() return #c:under_replicated() == 0 end, { within = "15s" })
end)

run_for("75s")
