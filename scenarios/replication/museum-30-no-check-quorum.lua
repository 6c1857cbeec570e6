-- Exhibit 30 of the museum: KAFKA-15489. KIP-595 wants a leader of the quorum that a majority does not fetch from to
-- resign; before Kafka 3.7 that was not implemented.
--
--   1. The active controller is cut off, with one broker. The others elect a new one.
--   2. The old logic: it leads on, for ever. Its broker keeps following it, and whatever it is asked hangs, for it can
--      commit nothing. No committed metadata is contradicted.
--
-- With the check it resigns after one and a half fetch time-outs.
--
--   titorelli run THIS --plant raft.check_quorum=off                    violated: the old leader steps down
--   titorelli run THIS                                                  passed
--   titorelli run THIS --plant raft.check_quorum=off -D fault=false     passed
scenario {
  api = 1, name = "museum 30: an isolated KRaft leader and the check of its quorum", seeds = "1..3",
  params = { fault = true },
}

local expect = require("expect")
local workloads = require("workloads")

local c = cluster { brokers = 3, controllers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "20/s", { acks = "all" })
workloads.reader(c, orders)

at("10s", function()
  local old = c:controller()
  local rest = {}
  for _, node in ipairs(c:controllers()) do
    if node:name() ~= old:name() then rest[#rest + 1] = node end
  end
  for _, broker in ipairs(c:brokers()) do
    if broker:name() ~= "broker-1" then rest[#rest + 1] = broker end
  end
  local cut = nil
  if param.fault then cut = net:partition({ old, c:broker(1) }, rest) end
  -- One and a half fetch time-outs of two seconds, and a second to spare.
  sleep("4s")
  local leads = false
  for _, node in ipairs(c:quorum_leaders()) do leads = leads or node:name() == old:name() end
  expect.that("the old leader steps down", not param.fault or not leads)
  sleep("6s")
  expect.that("one controller leads the quorum", #c:quorum_leaders() == 1)
  if cut then cut:heal() end
end)

run_for("40s")
