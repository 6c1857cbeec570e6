-- Exhibit 9 of the museum: acks=1. The leader acknowledges what it has appended, before any follower has it. It is cut
-- off from its followers for a second and dies; the next leader never had that second's records, and the old one cuts
-- them when it is back. That is the contract of acks=1. With acks=all and min.insync.replicas=2 nothing is acknowledged
-- in that second.
scenario {
  api = 1, name = "museum 9: acks=1 and leader failure", seeds = "1..3", require_effect = true,
  reaches = { "election" },
}

local waits = require("waits")
local workloads = require("workloads")

local acks
variant("acks=1", function() acks = 1 end, { expect = "violated: no_lost_acks" })
variant("acks=all", function() acks = "all" end)

local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
check.no_lost_acks(orders)
check.replicas_agree(orders)
check.one_leader_per_epoch(orders)
workloads.steady(c, orders, "50/s", { acks = acks })

at("10s", function()
  local leader = orders:leader(0)
  local cut = net:partition(leader, orders:followers(0))
  sleep("1s")
  leader:kill()
  cut:heal()
  waits.new_leader(orders, 0, leader)
  sleep("5s")
  leader:start()
  waits.isr(orders, 0, 3)
end)

run_for("60s")
