-- What takes a week to arrange on a real cluster: when the third fetch response to a follower leaves, cut
-- the link to it, one way; heal it when the ISR is down to two; meanwhile keep the produce request that
-- the leader could not answer in hand, and send it once more when all is over. The broker knows it again.
scenario {
  api = 1,
  name = "cut at the third fetch response, heal when the ISR has shrunk",
  seeds = "1..3",
  require_effect = true,
}

local expect = require("expect")
local waits = require("waits")
local workloads = require("workloads")

local c = cluster { brokers = 3, config = { replica_lag_time_max_ms = "5s" } }
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "100/s", { acks = "all" })
workloads.reader(c, orders)

local produced = net:capture { api = "Produce", limit = 10000 }

-- What the broker said of the one partition that a request was for.
local function told(answer)
  return answer.responses[1].partition_responses[1]
end

local is_over = false
check.that("the third fetch response came, and all that follows from it", function() return is_over end)

at("10s", function()
  local leader = orders:leader(0)
  local follower = orders:followers(0)[1]
  on("message", { api = "Fetch", kind = "response", from = leader, to = follower, nth = 3, once = true }, function()
    local cut = net:partition(leader, follower, { direction = "to" })
    waits.isr(orders, 0, 2, "20s")
    expect.that("the third response never arrived", cut:affected() > 0)
    cut:heal()
    waits.isr(orders, 0, 3)
    local last = produced:count() - 2 -- answered, and one of the last five of its producer
    wait_until(function() return produced:response(last) ~= nil end, { within = "5s" })
    local again = produced:replay { index = last }
    wait_until(function() return again:is_done() end, { within = "5s" })
    local first, second = told(produced:response(last)), told(again:answer())
    expect.that("the broker knew it again", second.error_code == "NONE" and second.base_offset == first.base_offset)
    is_over = true
  end)
end)

run_for("60s")
