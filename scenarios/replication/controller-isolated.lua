-- The active controller is cut off from everybody. A majority of the voters no longer fetches from it, so after one and
-- a half fetch time-outs it resigns, and the others have elected one of themselves. What it had appended meanwhile was
-- never committed and is cut off when it is back. No broker is fenced: a new controller gives each a fresh session.
scenario {
  api = 1, name = "an isolated KRaft leader steps down", seeds = "1..3", require_effect = true,
}

local expect = require("expect")
local workloads = require("workloads")

local c = cluster { brokers = 3, controllers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "50/s", { acks = "all" })
workloads.reader(c, orders)

at("10s", function()
  local before = c:controller()
  local leader = orders:leader(0):name()
  local cut = fault.isolate_controller { duration = "20s" }
  wait_until(function() return c:controller():name() ~= before:name() end, { within = "8s" })
  cut:heal()
  sleep("10s")
  expect.that("the leader of the partition never changed", orders:leader(0):name() == leader)
  expect.that("the old controller did not disturb the new one", c:controller():name() ~= before:name())
end)

run_for("45s")
