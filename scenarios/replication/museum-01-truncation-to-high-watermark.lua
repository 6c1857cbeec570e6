-- Exhibit 1 of the museum: KIP-101, KAFKA-1211. Before Kafka 0.11 a replica that became a follower cut its log to its
-- own high watermark, which trails the leader's by a fetch: a committed record may lie between the two.
--
--   1. A leads, B and C follow; all hold m and A has acknowledged it. C has not heard of that yet.
--   2. A dies and B leads. C becomes its follower in the new epoch: the old logic cuts m from its log.
--   3. B dies before C could fetch m again. C is in sync, and leads.
--   4. A and B come back as followers of C, and cut m as well: it is gone everywhere.
--
-- Fetching by leader epoch, C keeps m in step 2, since its leader does not contradict it.
--
--   titorelli run THIS --plant replication.truncation=high_watermark                    violated: no_lost_acks
--   titorelli run THIS                                                                  passed
--   titorelli run THIS --plant replication.truncation=high_watermark -D fault=false     passed
scenario {
  api = 1, name = "museum 1: truncation to the high watermark", seeds = "1..3", params = { fault = true },
}

local workloads = require("workloads")

local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
for _ = 1, 2 do workloads.steady(c, orders, "50/s", { acks = "all" }) end
workloads.reader(c, orders)

if param.fault then
  at("6s", function()
    local a, b, third = orders:leader(0), orders:followers(0)[1], orders:followers(0)[2]
    local cut = net:partition(b, third)
    a:kill()
    wait_until(function() return orders:leader(0) ~= nil and orders:leader(0) ~= a end, { within = "20s" })
    sleep("500ms")
    orders:leader(0):kill()
    sleep("100ms")
    cut:heal()
    sleep("12s")
    a:start()
    b:start()
    if not third:is_up() then third:start() end
  end)
end

run_for("45s")
