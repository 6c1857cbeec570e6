-- What takes a week to arrange on a real cluster: when the third fetch response to a follower leaves, cut
-- the link to it, one way; heal it when the ISR is down to two; meanwhile keep the produce request that
-- the leader could not answer in hand, and send it once more when all is over. The broker knows it again.
scenario { api = 1, name = "cut at the third fetch response, heal when the ISR has shrunk", seeds = "1..3", require_effect = true }

local expect = require("expect")
local waits = require("waits")
local workloads = require("workloads")

local c = cluster { brokers = 3, config = { replica_lag_time_max_ms = "5s" } }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "100/s", { acks = "all" })
workloads.reader(c, orders)

local follower
local produced = net:capture { api = "Produce", limit = 10000 }

at("10s", function()
  local leader = orders:leader(0)
  follower = orders:followers(0)[1]
  on("message", { api = "Fetch", kind = "response", from = leader, to = follower, nth = 3, once = true }, function()
    local cut = net:partition(leader, follower, { direction = "to" })
    waits.isr(orders, 0, 2, "20s")
    expect.that("the third response never arrived", cut:affected() > 0)
    cut:heal()
    waits.isr(orders, 0, 3)
    local again = produced:replay { index = produced:count() }
    wait_until(function() return again:is_done() end, { within = "5s" })
    expect.that("the broker knew it again", again:answer().responses[1].partition_responses[1].error_code == "NONE")
  end)
end)

run_for("60s")
