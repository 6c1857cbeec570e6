-- Voters of the quorum change while the cluster works (KIP-853): three controllers, known by their disks. One loses
-- its disk. What comes back in its place is another replica, and no voter: it follows. The operator takes the old one
-- out and the new one in. The active controller takes itself out, resigns when that is committed, and another one
-- leads. At each moment one set of voters decides, and two that follow one another have a majority in common, so
-- nothing that was committed is gone.
scenario { api = 1, name = "voters of the quorum change", seeds = "1..3", require_effect = true }

local expect = require("expect")
local workloads = require("workloads")

local c = cluster { brokers = 3, controllers = 3, features = { ["kraft.version"] = 1 } }
local admin = c:admin {}
local orders = c:topic("orders", { partitions = 3, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "50/s", { acks = "all" })
workloads.reader(c, orders)

local function names(nodes)
  local list = {}
  for _, node in ipairs(nodes) do list[#list + 1] = node:name() end
  return table.concat(list, " ")
end

local function done(order)
  wait_until(function() return order:is_done() end, { within = "30s" })
  return order:error()
end

at("10s", function()
  local active = c:controller()
  local lost
  for _, node in ipairs(c:controllers()) do
    if node:name() ~= active:name() then lost = node end
  end
  expect.that("all three vote", #c:voters() == 3)
  local gone = fault.wipe { node = lost }
  sleep("2s")
  gone:heal()
  sleep("3s")
  expect.that("the one without a disk is there already", done(admin:add_voter(lost)) == "DUPLICATE_VOTER")
  expect.that("the old one is taken out", done(admin:remove_voter(lost)) == nil and #c:voters() == 2)
  expect.that("the new one is taken in", done(admin:add_voter(lost)) == nil and #c:voters() == 3)
  expect.that("once", done(admin:add_voter(lost)) == "DUPLICATE_VOTER")

  expect.that("the active one takes itself out", done(admin:remove_voter(active)) == nil)
  wait_until(function()
    local leaders = c:quorum_leaders()
    return #leaders == 1 and leaders[1]:name() ~= active:name()
  end, { within = "20s" })
  expect.that("two are left", #c:voters() == 2 and not names(c:voters()):find(active:name(), 1, true))
  sleep("5s")
  expect.that("it comes back", done(admin:add_voter(active)) == nil and #c:voters() == 3)
end)

run_for("60s")
