-- Fsyncgate. Segments are rolled every two seconds, and a rolled segment is synced; on the leader that sync fails. The
-- broker halts and is started again on the same page cache: all records are there, though the disk will never see the
-- pages that failed to sync. Then the machine loses power. What comes back is shorter than what the broker had every
-- reason to take for flushed, and no fault of Kafka's: its copies elsewhere make it whole.
scenario { api = 1, name = "a sync fails, and its pages are never written", seeds = "1..3", require_effect = true }

local expect = require("expect")
local waits = require("waits")
local workloads = require("workloads")

local c = cluster { brokers = 3 }
local orders = c:topic("orders", {
  partitions = 1, replicas = 3, min_insync_replicas = 2, segment_ms = 2000,
})
workloads.watch(orders)
workloads.steady(c, orders, "100/s", { acks = "all" })
workloads.reader(c, orders)

at("10s", function()
  local old = orders:leader(0)
  local errors = fault.sync_errors { node = old, files = "orders-0/", duration = "12s" }
  waits.new_leader(orders, 0, old)
  expect.that("a sync failed and the broker halted", not old:is_up())
  expect.that("it was one sync", errors:effects()["syncs failed"] == 1)
  waits.isr(orders, 0, 3)
  old:power_loss()
  sleep("1s")
  old:start()
  waits.isr(orders, 0, 3)
end)

run_for("90s")
