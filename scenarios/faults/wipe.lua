-- A follower comes back with an empty disk, as after a replaced machine. It fetches the whole partition
-- again and rejoins the ISR.
scenario { api = 1, name = "a follower loses its disk", seeds = "1..3", require_effect = true }

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
  local wipe = fault.wipe { node = follower, duration = "12s" }
  expect.that("files are gone", wipe:effects()["files wiped"] > 0)
  sleep("13s")
  waits.isr(orders, 0, 3)
  expect.that("it holds all again", orders:leo(0, follower) >= 1000)
end)

run_for("60s")
