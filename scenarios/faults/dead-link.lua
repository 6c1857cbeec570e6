-- Brokers hang on two switches that are joined by two links. One of them dies: routes go over the other,
-- slower one, and nothing else is noticed. Then that one dies too, and the two sides are cut apart until
-- the heal.
scenario { api = 1, name = "a cable dies and there is another", seeds = "1..3", require_effect = true }

local expect = require("expect")
local waits = require("waits")
local workloads = require("workloads")

local c = cluster {
  brokers = 3,
  network = {
    switches = { "east", "west" },
    links = {
      { "broker-1", "east", latency = "100us" },
      { "broker-2", "east", latency = "100us" },
      { "broker-3", "west", latency = "100us" },
      { "controller-3000", "east", latency = "100us" },
      { "east", "west", latency = "300us" },
      { "west", "east", latency = "5ms" },
    },
    clients = "east",
  },
}
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "100/s", { acks = "all" })
workloads.reader(c, orders)

at("10s", function()
  local first = fault.dead_link { link = "east/west" }
  expect.that("routes changed", first:effects()["routes changed"] > 0)
  sleep("10s")
  expect.that("nobody left the ISR", #orders:isr(0) == 3)
  local second = fault.dead_link { link = "east/west" } -- the other one: the first is down
  sleep("2s")
  expect.that("no way is left", second:effects()["frames held"] > 0)
  second:heal()
  first:heal()
  waits.isr(orders, 0, 3)
end)

run_for("60s")
