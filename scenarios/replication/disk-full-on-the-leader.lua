-- The disk of the leader fills up. What still fits into the last page of its log is written; the next append, or a
-- checkpoint that is due before it, fails, and with its only log directory gone the broker halts, as Kafka does:
-- nothing is handed over, no clean-shutdown file is written, whoever waited is answered KAFKA_STORAGE_ERROR or
-- nothing. The controller hears no heartbeat any more, takes the broker out of the ISR when its session has run
-- out, and elects another member, which has every record that was acknowledged. When there is room again the
-- broker starts, cuts the torn batch off its log in recovery, and follows.
scenario { api = 1, name = "the disk of the leader is full", seeds = "1..5", require_effect = true }

local expect = require("expect")
local waits = require("waits")
local workloads = require("workloads")

local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "100/s", { acks = "all" })
workloads.reader(c, orders)

local reasons = {}
on("halted", function(e) reasons[#reasons + 1] = e.node:name() .. ": " .. e.reason end)

at("10s", function()
  local old = orders:leader(0)
  local committed = orders:hw(0)
  local full = fault.disk_full { node = old, duration = "20s" }
  local new = waits.new_leader(orders, 0, old)
  expect.that("the broker has halted", not old:is_up())
  expect.that("it said why", #reasons == 1 and reasons[1]:find("no space left on device", 1, true) ~= nil)
  expect.that("its session ran out first", now() > 18000)
  expect.that("the new leader had everything that was committed", orders:leo(0, new) >= committed)
  wait_until(function() return old:is_up() end, { within = "30s" })
  waits.isr(orders, 0, 3)
  expect.that("writes had failed", full:effects()["writes without space"] > 0)
end)

run_for("70s")
