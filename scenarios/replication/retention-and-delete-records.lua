-- A follower is away while retention goes on without it: what it would fetch next is deleted. When it is back its
-- fetch is out of range, it asks the leader where the log begins, gives up all it has and starts there
-- (AbstractFetcherThread.fetchOffsetAndTruncate). Another one only lags: it takes the leader's log start offset
-- with each fetch, and what it holds below goes too.
--
-- Retention deletes below the high watermark alone, so nothing that the consumer could still read is missing
-- because it was not replicated; what expired is no loss.
--
-- DeleteRecords moves the log start offset at once on the leader and is answered when all living replicas have
-- followed (the low watermark): a follower that is cut off keeps it waiting.
scenario {
  api = 1, name = "retention and DeleteRecords while followers lag", seeds = "1..3",
  reaches = { "log-start", "truncate" },
  require_effect = true,
}

local expect = require("expect")
local waits = require("waits")
local workloads = require("workloads")

local c = cluster {
  brokers = 3,
  config = {
    log_retention_check_interval_ms = "5s", log_initial_task_delay_ms = "5s", replica_lag_time_max_ms = "10s",
  },
}
local admin = c:admin {}
local orders = c:topic("orders", {
  partitions = 1, replicas = 3, min_insync_replicas = 2, segment_ms = "4s", retention_ms = "12s",
  file_delete_delay_ms = "10s",
})
workloads.watch(orders)
workloads.steady(c, orders, "100/s", { acks = "all" })
workloads.reader(c, orders)

at("15s", function()
  local away = orders:followers(0)[1]
  local slow = orders:followers(0)[2]
  local end_offset = orders:leo(0, away)
  fault.kill { node = away, duration = "35s" }
  fault.slow_disk { node = slow, latency = "20ms", duration = "20s" }
  sleep("35s")
  local leader = orders:leader(0)
  wait_until(function() return orders:log_start(0, leader) > end_offset end, { within = "20s" })
  waits.unfenced(away)
  waits.isr(orders, 0, 3, "60s")
  expect.that("it began anew", orders:log_start(0, away) > end_offset)
  wait_until(function() return orders:log_start(0, slow) == orders:log_start(0, leader) end, { within = "20s" })
end)

at("95s", function()
  local lagging = orders:followers(0)[1]
  local cut = fault.partition { a = lagging, b = orders:leader(0) }
  local before = orders:hw(0) - 50
  local deletion = admin:delete_records(orders, 0, before)
  sleep("1s")
  expect.that("the leader has moved", orders:log_start(0) == before)
  expect.that("it waits for the follower", not deletion:is_done() and orders:log_start(0, lagging) < before)
  cut:heal()
  wait_until(function() return deletion:is_done() end, { within = "20s" })
  expect.that("it was answered", deletion:error() == nil)
  expect.that("the follower has moved", orders:log_start(0, lagging) >= before)
  local too_far = admin:delete_records(orders, 0, orders:leo(0) + 1000000)
  wait_until(function() return too_far:is_done() end, { within = "10s" })
  expect.that("nothing can be deleted that is not there", too_far:error() == "OFFSET_OUT_OF_RANGE")
end)

run_for("120s")
