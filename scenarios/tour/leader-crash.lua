-- The leader of a partition is cut off from its followers for one second and then killed, while a
-- producer with acks=all keeps sending. Nothing that was acknowledged is lost: with acks=all and
-- min.insync.replicas = 2 the leader may not acknowledge what no follower has.
--
-- Look at plots/latency-over-time.svg: records sent in the second of the cut wait until a new leader
-- is elected, about nine seconds (broker.session.timeout.ms) after the kill, and are acknowledged then.
scenario {
  api = 1,
  name = "acks=all: the leader crashes, nothing acknowledged is lost",
  seeds = "1..3",
  params = { rate = 200 },
}

local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 3, replicas = 3, min_insync_replicas = 2 })

check.no_lost_acks(orders)
check.replicas_agree(orders)
check.high_watermark_monotonic(orders)
check.one_leader_per_epoch(orders)
check.in_order_without_gaps(orders)
threshold("produce.latency", "p50 < 50ms")

local p = c:producer { acks = "all" }
p:drive { topic = orders, rate = param.rate .. "/s", size = 200, keys = 1000 }
c:consumer { topic = orders, auto_offset_reset = "earliest" }

at("19s", function()
  local leader = orders:leader(0)
  local cut = net:partition({ leader }, orders:followers(0))
  sleep("1s")
  leader:kill()
  cut:heal()
  sleep("15s")
  leader:start()
end)

run_for("60s")
