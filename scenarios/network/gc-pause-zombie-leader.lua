-- A long garbage collection stops the leader for longer than its broker session. Another broker is elected
-- while it sleeps. When it wakes up it is a zombie: it still believes to lead, and finds produce requests
-- in its sockets. Its followers are gone and fetch with a newer epoch, so nothing it appends can be
-- committed, and its acks=all are never sent. Metadata with the new epoch makes it a follower, and it
-- truncates.
scenario { api = 1, name = "a long GC pause and a zombie leader", seeds = "1..3", require_effect = true }

local expect = require("expect")
local waits = require("waits")
local workloads = require("workloads")

local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "100/s", { acks = "all" })
workloads.reader(c, orders)

at("20s", function()
  local zombie = orders:leader(0)
  local gc = zombie:pause("14s")
  local new = waits.new_leader(orders, 0, zombie, "13s")
  wait_until(function() return gc:is_over() end, { within = "10s" })
  expect.that("it slept through its election", gc:effects()["time stolen"] == 14000)
  waits.isr(orders, 0, 3)
  expect.that("the new one leads", orders:leader(0) == new)
end)

run_for("80s")
