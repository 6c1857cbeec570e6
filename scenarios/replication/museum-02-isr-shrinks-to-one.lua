-- Exhibit 2 of the museum: Jepsen's Kafka test of 2013, KAFKA-1555. acks=all waits for the in-sync replicas, however
-- few they are. A leader that is cut off from its followers, but not from the controller, shrinks the ISR to itself and
-- goes on acknowledging alone. Then it dies, and one that is not in sync is elected, because
-- unclean.leader.election.enable says so: every record of that window is gone, as the configuration allows. With
-- min.insync.replicas=2 the producer is told NOT_ENOUGH_REPLICAS instead, and nothing that was acknowledged is lost,
-- unclean election or not.
scenario {
  api = 1, name = "museum 2: the ISR shrinks to one", seeds = "1..3", require_effect = true,
  reaches = { "isr-change", "election" },
}

local waits = require("waits")
local workloads = require("workloads")

local min_isr
variant("min.insync.replicas=1", function() min_isr = 1 end, { expect = "violated: no_lost_acks" })
variant("min.insync.replicas=2", function() min_isr = 2 end)

local c = cluster { brokers = 3, config = { replica_lag_time_max_ms = "5s" } }
local orders = c:topic("orders", {
  partitions = 1, replicas = 3, min_insync_replicas = min_isr, unclean_leader_election_enable = true,
})
check.no_lost_acks(orders)
-- Until the old leader is back and has cut what only it had, replicas differ below its high watermark.
if min_isr == 2 then check.replicas_agree(orders) end
check.one_leader_per_epoch(orders)
local producer = workloads.steady(c, orders, "50/s", { acks = "all" })

at("10s", function()
  local leader = orders:leader(0)
  local cut = net:partition(leader, orders:followers(0))
  waits.isr(orders, 0, 1, "20s")
  local acked = producer:acked()
  sleep("3s")
  note("acknowledged by the leader alone: " .. producer:acked() - acked)
  leader:kill()
  cut:heal()
  waits.new_leader(orders, 0, leader)
  sleep("5s")
  leader:start()
  waits.unfenced(leader)
end)

run_for("60s")
