-- The cluster falls into two halves that see each other only through the controller. Every heartbeat
-- arrives, so no broker is fenced and no leader changes; but followers in the other half cannot fetch. The
-- ISR shrinks to the leader alone, min.insync.replicas is not met, and acks=all is refused with
-- NOT_ENOUGH_REPLICAS: available for consistency, not for writing.
scenario {
  api = 1,
  name = "the controller hears everybody, the replicas do not hear each other",
  seeds = "1..3",
  require_effect = true,
}

local expect = require("expect")
local waits = require("waits")
local workloads = require("workloads")

local c = cluster { brokers = 3, config = { replica_lag_time_max_ms = "10s" } }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "100/s", { acks = "all" })
workloads.reader(c, orders)

at("10s", function()
  local bridge = fault.bridge { a = "leader of orders-0", bridge = "controller", b = "followers of orders-0" }
  waits.isr(orders, 0, 1, "25s")
  local stuck_at = orders:hw(0)
  sleep("40s")
  expect.that("nothing was committed meanwhile", orders:hw(0) == stuck_at)
  for _, broker in ipairs(c:brokers()) do
    expect.that(broker:name() .. " was never fenced", broker:state() == "unfenced")
  end
  bridge:heal()
  waits.isr(orders, 0, 3)
end)

local refused = 0
on("message", { api = "Produce", kind = "response" }, function(e)
  local answer = e.message:fields().responses[1].partition_responses[1]
  if answer.error_code:find("NOT_ENOUGH_REPLICAS", 1, true) then refused = refused + 1 end
end)
check.that("writes were refused", function() return refused > 0 end)

run_for("120s")
