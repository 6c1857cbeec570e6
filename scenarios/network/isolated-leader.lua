-- The leader of a partition is isolated with its producer still able to reach it. It goes on taking
-- records that it can never commit: acks=all is not acknowledged, since no follower fetches. When its
-- session is over a follower leads; the producer learns of it by metadata, sends again, and idempotence
-- keeps every record single. The zombie truncates what it alone held when it hears of the new epoch.
scenario {
  api = 1,
  name = "an isolated leader takes records that nobody will keep",
  seeds = "1..3",
  require_effect = true,
}

local expect = require("expect")
local waits = require("waits")
local workloads = require("workloads")

local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "100/s", { acks = "all" })
workloads.reader(c, orders)

at("10s", function()
  local old = orders:leader(0)
  local cut = fault.isolate_leader { partition = "orders-0", from = "servers" }
  sleep("3s")
  local zombie_end, committed = orders:leo(0, old), orders:hw(0, old)
  expect.that("it appended what it could not commit", zombie_end > committed)
  local new = waits.new_leader(orders, 0, old)
  sleep("5s")
  cut:heal()
  waits.isr(orders, 0, 3)
  expect.that("the new one still leads", orders:leader(0) == new)
end)

local truncated = on("truncate", { topic = orders, partition = 0 }, function(e)
  note(string.format("%s truncated its log from %d to %d", e.node:name(), e.old_leo, e.leo))
end)
check.that("the zombie truncated its log", function() return truncated:count() >= 1 end)

run_for("60s")
