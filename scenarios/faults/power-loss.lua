-- A follower loses power: of what it had not synced some pages are gone or torn. It truncates what its log
-- recovery cannot use and fetches the rest again.
scenario { api = 1, name = "a follower loses power", seeds = "1..3", require_effect = true }

local expect = require("expect")
local waits = require("waits")
local workloads = require("workloads")

local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "100/s", { acks = "all" })
workloads.reader(c, orders)

at("20s", function()
  local follower = orders:followers(0)[1]
  local dark = fault.power_loss { node = follower, duration = "15s" }
  expect.that("its connections are dead", dark:effects()["connections dead"] > 0)
  expect.that("pages were at stake", dark:effects()["pages lost"] + dark:effects()["pages torn"] > 0)
  sleep("15s")
  waits.isr(orders, 0, 3)
end)

run_for("80s")
