-- DeleteRecords moves the leader's log start into the middle of a batch. A replica that has lost its disk begins there:
-- it asks for that offset, and is given the batch that holds it, which begins before. A log that is still empty takes
-- it, and begins with it (Partition.appendRecordsToFollowerOrFutureReplica); the replica was refusing it, and never
-- came back.
--
-- Found by scenarios/soak/soak.lua.
scenario {
  api = 1, name = "a replica begins inside a batch", seeds = "1..5", require_effect = true, reaches = { "log-start" },
}

local expect = require("expect")
local waits = require("waits")
local workloads = require("workloads")

local c = cluster { brokers = 3 }
local admin = c:admin {}
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "100/s", { acks = "all", linger_ms = 100 })
workloads.reader(c, orders)

at("10s", function()
  local bare = orders:followers(0)[1]
  local lost = fault.wipe { node = bare }
  -- Batches hold ten records or so.
  local before = orders:hw(0) - 25
  admin:delete_records(orders, 0, before)
  wait_until(function() return orders:log_start(0) == before end, { within = "10s" })
  lost:heal()
  waits.isr(orders, 0, 2)
  waits.isr(orders, 0, 3)
  expect.that("its log begins where the leader's does", orders:log_start(0, bare) == before)
end)

run_for("40s")
