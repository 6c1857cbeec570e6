-- A partition moves to a broker that never had it. The new replica is killed in the middle of catching up, and comes
-- back; then the leader is killed as well. The move waits for the new replica, whatever happens to others, and in the
-- end it has taken the place of the one that leaves, with all that was acknowledged.
scenario {
  api = 1, name = "reassignment while replicas die", seeds = "1..3", require_effect = true,
}

local expect = require("expect")
local waits = require("waits")
local workloads = require("workloads")

local c = cluster { brokers = 4, controllers = 3, config = { ["replica.lag.time.max.ms"] = 10000 } }
local admin = c:admin {}
local orders = c:topic("orders", { partitions = 1, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "200/s", { acks = "all" })
workloads.reader(c, orders)

local function is_one_of(list, broker)
  for _, each in ipairs(list) do
    if each == broker then return true end
  end
  return false
end

at("15s", function()
  local replicas = orders:replicas(0)
  local new
  for _, broker in ipairs(c:brokers()) do
    if not is_one_of(replicas, broker) then new = broker end
  end
  local leaves = replicas[3]
  -- It has a lot to catch up with over a link like this, and dies halfway.
  local slow = fault.narrow_link { a = orders:leader(0), b = new, bandwidth = "300kB/s" }
  local move = admin:reassign(orders, 0, { replicas[1], replicas[2], new })
  wait_until(function() return (orders:leo(0, new) or 0) > 100 end, { within = "20s" })
  expect.that("it is no member yet", not is_one_of(orders:isr(0), new))
  expect.that("there are four replicas meanwhile", #orders:replicas(0) == 4)
  fault.kill { node = new, duration = "12s" }
  sleep("2s")
  slow:heal()
  fault.kill { node = orders:leader(0), duration = "15s" }
  wait_until(function() return not is_one_of(orders:replicas(0), leaves) end, { within = "60s" })
  expect.that("the order was taken", move:is_done() and move:error() == nil)
  waits.isr(orders, 0, 3)
  expect.that("the new one is in sync", is_one_of(orders:isr(0), new))
end)

run_for("80s")
