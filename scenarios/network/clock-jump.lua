-- The leader's wall clock jumps ahead by more than replica.lag.time.max.ms. Kafka measures the lag of
-- followers on the wall clock (Time.milliseconds), so a follower whose last caught-up time lies just
-- before the jump looks as if it had lagged for a minute; one that fetches again before the ISR check
-- stays. Sessions, which count on the monotonic clock (nanoseconds), do not notice. Nothing acknowledged
-- is lost either way.
scenario { api = 1, name = "a wall clock jumps beyond the lag time", seeds = "1..3", require_effect = true }

local expect = require("expect")
local waits = require("waits")
local workloads = require("workloads")

local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "100/s", { acks = "all" })
workloads.reader(c, orders)

at("20s", function()
  local leader = orders:leader(0)
  local jump = fault.clock_jump { node = leader, offset = "1m" }
  sleep("20s")
  expect.that("it read the wrong time", jump:affected() > 0)
  expect.that("it still leads", orders:leader(0) == leader)
  jump:heal()
  waits.isr(orders, 0, 3)
end)

run_for("80s")
