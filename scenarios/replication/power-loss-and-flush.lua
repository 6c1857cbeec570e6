-- Machines lose power in one moment: the leader's, the leader's and a follower's, all three. What a broker
-- had not synced is gone with its page cache, acknowledged or not.
--
-- One or two do no harm: who is left in the ISR has all that was acknowledged. When all go at once nobody has,
-- unless each append was synced before it was answered (flush.messages=1). Kafka's default never asks for that:
-- it takes replicas to fail one after another. The medians show the price.
scenario {
  api = 1, name = "power loss of one, two and all brokers, with and without flush", seeds = "1..3",
  require_effect = true,
}

local waits = require("waits")
local workloads = require("workloads")

local flush, count
variant("one", function() flush, count = nil, 1 end)
variant("two", function() flush, count = nil, 2 end)
variant("all", function() flush, count = nil, 3 end, { expect = "violated: no_lost_acks" })
variant("one, flushed", function() flush, count = 1, 1 end)
variant("two, flushed", function() flush, count = 1, 2 end)
variant("all, flushed", function() flush, count = 1, 3 end)

compare("produce.latency p50", "all < all, flushed")

local c = cluster { brokers = 3 }
local orders = c:topic("orders", {
  partitions = 1, replicas = 3, min_insync_replicas = 2, flush_messages = flush,
})
check.no_lost_acks(orders)
check.one_leader_per_epoch(orders)
check.high_watermark_monotonic(orders)
check.quorum_agrees()
workloads.steady(c, orders, "100/s", { acks = "all" })
workloads.reader(c, orders)

at("15s", function()
  local victims = { orders:leader(0), orders:followers(0)[1], orders:followers(0)[2] }
  local epochs = {}
  for i = 1, count do
    epochs[i] = victims[i]:epoch()
    fault.power_loss { node = victims[i], duration = "3s" }
  end
  for i = 1, count do waits.registered_anew(victims[i], epochs[i]) end
  waits.isr(orders, 0, 3, "90s")
end)

run_for("60s")
