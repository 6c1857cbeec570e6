-- All brokers leave in controlled shutdowns and come back, one after another, as in an upgrade. Each has
-- to wait until its old session is over before it may register again.
scenario { api = 1, name = "a rolling restart", seeds = "1..3", require_effect = true }

local expect = require("expect")
local waits = require("waits")
local workloads = require("workloads")

local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "100/s", { acks = "all" })
workloads.reader(c, orders)

at("10s", function()
  local upgrade = fault.rolling_restart { downtime = "2s" }
  wait_until(function() return upgrade:is_over() end, { within = "80s" })
  expect.that("all three restarted", upgrade:effects()["processes restarted"] == 3)
  waits.isr(orders, 0, 3)
end)

run_for("100s")
