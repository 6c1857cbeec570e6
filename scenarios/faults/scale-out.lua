-- Two brokers join while records flow. Partitions that exist stay where they are; a topic that is made now
-- uses the new ones as well.
scenario { api = 1, name = "brokers join", seeds = "1..3", require_effect = true }

local waits = require("waits")
local workloads = require("workloads")

local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "100/s", { acks = "all" })
workloads.reader(c, orders)

at("10s", function()
  local grown = fault.scale_out { brokers = 2 }
  wait_until(function() return grown:effects()["brokers in service"] == 2 end, { within = "10s" })
  local clicks = c:topic("clicks", { partitions = 5, replicas = 3 })
  waits.led(clicks)
  check.that("the new ones are used", function()
    for p = 0, 4 do
      for _, broker in ipairs(clicks:replicas(p)) do
        if broker:id() > 3 then return true end
      end
    end
    return false
  end)
end)

run_for("60s")
