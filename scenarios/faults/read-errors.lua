-- A broker that restarts cannot read its log. It halts, as often as it is started, until the disk reads again; the
-- others carry on without it.
scenario { api = 1, name = "a broker cannot read its log when it starts", seeds = "1..3", require_effect = true }

local expect = require("expect")
local waits = require("waits")
local workloads = require("workloads")

local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "100/s", { acks = "all" })
workloads.reader(c, orders)

at("10s", function()
  local follower = orders:followers(0)[1]
  local errors = fault.read_errors { node = follower, files = "orders-0/", duration = "30s" }
  follower:kill()
  follower:start()
  sleep("12s")
  expect.that("it read and halted", not follower:is_up())
  follower:start()
  sleep("8s")
  expect.that("and halted again", not follower:is_up())
  expect.that("each time over a read", errors:effects()["reads failed"] >= 2)
  waits.isr(orders, 0, 3)
end)

run_for("80s")
