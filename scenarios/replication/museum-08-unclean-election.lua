-- Exhibit 8 of the museum: KIP-106, KAFKA-4623. The follower dies, then the leader; only the follower comes back. With
-- unclean.leader.election.enable, the default until Kafka 0.11, it leads: the partition is there again, and what the
-- leader acknowledged alone is gone, which the configuration allows. Without it the partition waits for the old leader,
-- and keeps what it had: availability is the price.
scenario {
  api = 1, name = "museum 8: unclean leader election", seeds = "1..3", reaches = { "election" },
}

local expect = require("expect")
local waits = require("waits")
local workloads = require("workloads")

local is_unclean
variant("unclean election on", function() is_unclean = true end, { expect = "violated: no_lost_acks" })
variant("unclean election off", function() is_unclean = false end)

local c = cluster { brokers = 2 }
local orders = c:topic("orders", {
  partitions = 1, replicas = 2, min_insync_replicas = 1, unclean_leader_election_enable = is_unclean,
})
check.no_lost_acks(orders)
-- Until the old leader is back and has cut what only it had, replicas differ below its high watermark.
if not is_unclean then check.replicas_agree(orders) end
check.one_leader_per_epoch(orders)
workloads.steady(c, orders, "50/s", { acks = "all" })

at("10s", function()
  local leader, follower = orders:leader(0), orders:followers(0)[1]
  follower:kill()
  waits.isr(orders, 0, 1, "20s")
  sleep("3s")
  leader:kill()
  sleep("12s")
  follower:start()
  waits.unfenced(follower)
  sleep("5s")
  local leads = orders:leader(0)
  expect.that("who is out of sync leads only when it may", (leads == follower) == is_unclean)
  sleep("3s")
  leader:start()
  waits.unfenced(leader)
  waits.led(orders)
  waits.isr(orders, 0, 2)
end)

run_for("80s")
