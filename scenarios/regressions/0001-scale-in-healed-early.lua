-- A fault that asks a broker to leave is healed while the broker still waits for the controller's leave to go.
-- It goes all the same, seconds after the heal; then it has to come back, as a broker that had gone before.
-- Found by the soak: nobody started it again, and its partitions stayed without a leader.
scenario {
  api = 1, name = "healed while a broker is on its way out", seeds = "1..3",
  reaches = { "fault pause" },
}

local waits = require("waits")
local workloads = require("workloads")

local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "20/s", { acks = "all" })
workloads.reader(c, orders)

local leave
variant("scale-in", function() leave = function(broker) return fault.scale_in { nodes = broker } end end)
variant("rolling-restart", function() leave = function(broker) return fault.rolling_restart { nodes = broker } end end)
variant("shutdown", function() leave = function(broker) return fault.shutdown { node = broker } end end)

at("10s", function()
  local pause = fault.pause { node = c:controller() }
  local broker = orders:followers(0)[1]
  local epoch = broker:epoch()
  local leaving = leave(broker)
  sleep("2s")
  leaving:heal()
  if not broker:is_up() then error("it was to be on its way out still") end
  pause:heal()
  wait_until(function() return broker:epoch() ~= epoch end, { within = "30s" })
  waits.unfenced(broker, "20s")
  waits.isr(orders, 0, 3)
end)

run_for("60s")
