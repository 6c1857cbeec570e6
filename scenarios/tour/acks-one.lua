-- The same cluster and the same crash as in leader-crash.lua, but the producer is content with acks=1:
-- the leader acknowledges what it alone holds. The records of the second in which it was cut off from
-- its followers are acknowledged, and gone: the new leader never had them, and the old one cuts them
-- from its log when it comes back. Kafka's contract allows this; the check says so and names them.
scenario {
  api = 1,
  name = "acks=1: the leader crashes, acknowledged records are lost",
  seeds = "1..3",
  expect = "violated: no_lost_acks",
  params = { rate = 200 },
}

local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 3, replicas = 3, min_insync_replicas = 2 })

check.no_lost_acks(orders)
check.replicas_agree(orders)
check.high_watermark_monotonic(orders)
check.one_leader_per_epoch(orders)
check.in_order_without_gaps(orders)

local p = c:producer { acks = 1 }
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
