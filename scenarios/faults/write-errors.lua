-- Half of the writes to the leader's log fail with an error of the medium. The first one ends the broker; another is
-- elected. With the disk replaced by a good copy it comes back.
scenario { api = 1, name = "the disk of the leader cannot write", seeds = "1..3", require_effect = true }

local expect = require("expect")
local waits = require("waits")
local workloads = require("workloads")

local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "100/s", { acks = "all" })
workloads.reader(c, orders)

at("10s", function()
  local old = orders:leader(0)
  local errors = fault.write_errors { node = old, files = "orders-0/", ratio = "50%", duration = "15s" }
  waits.new_leader(orders, 0, old)
  expect.that("the old leader has halted", not old:is_up())
  expect.that("one write was enough", errors:effects()["writes failed"] == 1)
  waits.isr(orders, 0, 3)
end)

run_for("60s")
