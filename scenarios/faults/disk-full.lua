-- A follower's disk fills up. Its next append fails and it halts; the leader goes on with the other one, and takes
-- it back when there is room and it has caught up.
scenario { api = 1, name = "the disk of a follower is full", seeds = "1..3", require_effect = true }

local expect = require("expect")
local waits = require("waits")
local workloads = require("workloads")

local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "100/s", { acks = "all" })
workloads.reader(c, orders)

at("10s", function()
  local leader = orders:leader(0)
  local follower = orders:followers(0)[1]
  local full = fault.disk_full { node = follower, duration = "15s" }
  waits.isr(orders, 0, 2, "20s")
  expect.that("the follower has halted", not follower:is_up())
  expect.that("the leader leads on", orders:leader(0) == leader)
  expect.that("writes had failed", full:effects()["writes without space"] > 0)
  waits.isr(orders, 0, 3)
end)

run_for("60s")
