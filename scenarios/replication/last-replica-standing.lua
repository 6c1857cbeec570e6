-- The last replica standing (KIP-966). Two of three replicas are cut off and leave the ISR; the third leads alone,
-- refuses acks=all for want of min.insync.replicas, and loses power with what it never synced, records that all three
-- had acknowledged among it. The two come back with everything. With eligible leader replicas one of them is elected;
-- without them only the one that forgot may lead, and the others throw away what it lacks.
scenario {
  api = 1, name = "last replica standing, with and without ELR", seeds = "1..3", require_effect = true,
}

local expect = require("expect")
local waits = require("waits")
local workloads = require("workloads")

local function story(elr)
  local c = cluster {
    brokers = 3,
    config = { ["replica.lag.time.max.ms"] = 5000 },
    features = { ["eligible.leader.replicas.version"] = elr },
  }
  local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
  workloads.watch(orders)
  workloads.steady(c, orders, "100/s", { acks = "all" })
  workloads.reader(c, orders)

  sleep("12s")
  local last = orders:leader(0)
  local others = orders:followers(0)
  for _, other in ipairs(others) do fault.isolate_one { node = other, duration = "20s" } end
  waits.isr(orders, 0, 1)
  expect.that("the last one leads", orders:leader(0) == last)
  local lost = last:power_loss()
  sleep("22s")
  lost:heal()
  waits.isr(orders, 0, 3)
  local is_last = orders:leader(0) == last
  expect.that(elr == 1 and "another one was elected" or "the last one was elected", is_last == (elr == 0))
end

variant("with ELR", function() story(1) end)
variant("without ELR", function() story(0) end, { expect = "violated: no_lost_acks, leader_completeness" })

run_for("15s")
