-- Three controllers whose voters stand in the log (kraft.version 1), each known by its disk. One after another loses
-- its disk for good. What comes back has an empty one, and so is another replica: it gets the metadata by a snapshot,
-- for the log of the leader begins later by now, has the voter removed that it was before, and joins (KIP-630, KIP-853,
-- KIP-1186). In the end no disk is left of those that the quorum began with, and nothing that was committed is gone.
scenario {
  api = 1, name = "controllers lose their disks one by one, and come back by snapshots",
  seeds = "1..3", require_effect = true,
}

local expect = require("expect")
local workloads = require("workloads")

local c = cluster {
  brokers = 3, controllers = 3, features = { ["kraft.version"] = 1 },
  config = {
    controller_quorum_auto_join_enable = true,
    metadata_log_max_record_bytes_between_snapshots = 2000,
    metadata_max_retention_bytes = 1,
  },
}
local orders = c:topic("orders", { partitions = 3, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "20/s", { acks = "all" })
workloads.reader(c, orders)

-- After a minute the logs have been cleaned for the first time.
at("70s", function()
  for _, controller in ipairs(c:controllers()) do
    local gone = fault.wipe { node = controller }
    sleep("3s")
    gone:heal()
    sleep("30s")
  end
  expect.that("one of them leads", #c:quorum_leaders() == 1)
  local before = c:controller():name()
  c:controller():kill()
  wait_until(function() return c:controller():name() ~= before end, { within = "10s" })
  expect.that("and when it dies, another", #c:quorum_leaders() == 1)
end)

run_for("190s")
