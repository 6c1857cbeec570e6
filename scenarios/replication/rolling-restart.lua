-- A rolling restart by controlled shutdowns: each broker hands its leaderships over before it goes, and the next one
-- goes only when all replicas are in sync again. At no moment has a partition fewer in-sync replicas than it needs, so
-- that no record is refused and none is late by more than a change of leader.
scenario {
  api = 1, name = "a controlled rolling restart is never under min ISR", seeds = "1..3", require_effect = true,
  reaches = { "election" },
}

local expect = require("expect")
local workloads = require("workloads")

local c = cluster { brokers = 4, controllers = 3 }
local orders = c:topic("orders", { partitions = 4, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "100/s", { acks = "all" })
workloads.reader(c, orders)

local lowest = 3
every("10ms", function()
  for partition = 0, orders:partitions() - 1 do
    if orders:leader_epoch(partition) then lowest = math.min(lowest, #orders:isr(partition)) end
  end
end)
check.that("the ISRs come down to min.insync.replicas, and never below", function() return lowest == 2 end)
threshold("records.failed", "count < 1")
threshold("produce.latency", "max < 2s")

at("10s", function()
  local upgrade = fault.rolling_restart { downtime = "2s" }
  wait_until(function() return upgrade:is_over() end, { within = "120s" })
  expect.that("all four restarted", upgrade:effects()["processes restarted"] == 4)
  wait_until(function() return #c:under_replicated() == 0 end, { within = "30s" })
end)

run_for("110s")
