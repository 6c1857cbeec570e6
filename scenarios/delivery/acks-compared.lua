-- What the three settings of acks cost and what they buy, side by side: the same load, the same crash,
-- the same seed. The leader is cut off from its followers for a second and then killed.
--
-- acks=0 does not wait for an answer, acks=1 for the leader alone, acks=all for the in-sync replicas: the
-- median says so. What the wait buys: with acks=all nothing acknowledged is lost; with acks=1 the records
-- of that second are; with acks=0 nothing is ever acknowledged in a way that a check could hold it to.
scenario {
  api = 1,
  name = "acks=0, 1 and all: the price and what it buys",
  seeds = "1..2",
  params = { rate = "200/s" },
}

local waits = require("waits")
local workloads = require("workloads")

local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 3, replicas = 3, min_insync_replicas = 2 })
check.replicas_agree(orders)
check.one_leader_per_epoch(orders)

local acks
variant("acks=0", function() acks = 0 end)
variant("acks=1", function()
  acks = 1
  check.no_lost_acks(orders)
end, { expect = "violated: no_lost_acks" })
variant("acks=all", function()
  acks = "all"
  check.no_lost_acks(orders)
end)

compare("produce.latency p50", "acks=0 < acks=1")
compare("produce.latency p50", "acks=1 < acks=all")
compare("records.delivered", "acks=0 < acks=all")
compare("e2e.latency max")

workloads.steady(c, orders, param.rate, { acks = acks })
workloads.reader(c, orders)

at("19s", function()
  local leader = orders:leader(0)
  local cut = net:partition({ leader }, orders:followers(0))
  sleep("1s")
  leader:kill()
  cut:heal()
  waits.new_leader(orders, 0, leader)
  sleep("5s")
  leader:start()
  waits.unfenced(leader)
end)

run_for("60s")
