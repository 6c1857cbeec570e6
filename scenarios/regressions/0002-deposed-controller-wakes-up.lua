-- The active controller stands still for eight seconds. Another one is elected meanwhile, and a broker dies and comes
-- back. When the first wakes up, its timers fire before it hears that it leads no more: it fences the broker and
-- elects, and in the middle of writing that down it finds that no majority has fetched from it and resigns. What it was
-- writing is void. It must not be told later as if it had been committed, when that controller leads again.
scenario {
  api = 1, name = "a deposed controller wakes up in the middle of a decision", seeds = "1..10",
  reaches = { "election" },
}

local workloads = require("workloads")

local c = cluster {
  brokers = 3, controllers = 3,
  config = { ["broker.session.timeout.ms"] = 3000, ["broker.heartbeat.interval.ms"] = 500 },
}
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "30/s", { acks = "all" })
workloads.reader(c, orders)

local highest, went_back = 0, nil
check.that("what the controllers say of the leader's epoch never goes back", function() return not went_back end)
on("election", { topic = orders }, function()
  local epoch = orders:leader_epoch(0)
  if epoch < highest then went_back = epoch end
  highest = math.max(highest, epoch)
end)

at("8s", function()
  local first = c:controller()
  fault.pause { node = first, duration = "8s" }
  sleep("200ms")
  fault.kill { node = orders:leader(0), duration = "6s" }
  sleep("12s")
  -- The one that woke up takes over again.
  for _ = 1, 2 do
    local now_active = c:controller()
    if now_active:name() ~= first:name() then
      fault.kill { node = now_active, duration = "3s" }
      sleep("6s")
    end
  end
end)

run_for("45s")
