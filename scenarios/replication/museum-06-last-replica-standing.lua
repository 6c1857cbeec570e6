-- Exhibit 6 of the museum: KIP-966. The schedule of the KIP: two of three replicas are cut off and leave the ISR, the
-- third leads alone and then loses power with what it never synced. The two that are whole come back.
--
-- Two changes mend it, and each is needed. Replicas that left an ISR at its minimum stay eligible, so that one of the
-- two is elected, not the one that forgot (controller.elr). And the high watermark stands still below
-- min.insync.replicas, so that an eligible replica has all that was ever committed (replication.hw_requires_min_isr).
--
--   titorelli run THIS --plant controller.elr=off                        violated: no_lost_acks
--   titorelli run THIS --plant replication.hw_requires_min_isr=off       violated: leader_completeness
--   titorelli run THIS                                                   passed
--   titorelli run THIS --plant ... -D fault=false                        passed, with either
scenario {
  api = 1, name = "museum 6: last replica standing", seeds = "1..3", params = { fault = true },
}

local waits = require("waits")
local workloads = require("workloads")

local c = cluster { brokers = 3, config = { ["replica.lag.time.max.ms"] = 5000 } }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "100/s", { acks = "all" })
workloads.reader(c, orders)

if param.fault then
  at("12s", function()
    local last = orders:leader(0)
    local others = orders:followers(0)
    for _, other in ipairs(others) do fault.isolate_one { node = other, duration = "20s" } end
    waits.isr(orders, 0, 1)
    sleep("500ms")
    local lost = last:power_loss()
    sleep("22s")
    lost:heal()
    waits.isr(orders, 0, 3)
  end)
end

run_for("70s")
