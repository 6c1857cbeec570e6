-- Bits flip in the leader's log, in records that were flushed and read long ago. Nobody notices: the leader does
-- not look. A consumer that begins at the start checks each batch (check.crcs) and gets stuck; one that does not
-- check is given rotten records. A restart after a kill recovers the log, finds a bad CRC and cuts everything from
-- there; its copies bring it back. With unsynced data elsewhere such a leader would have lost the only copy.
scenario {
  api = 1, name = "the leader's log rots", seeds = "1..3", require_effect = true,
  expect = "violated: in_order_without_gaps",
}

local expect = require("expect")
local waits = require("waits")
local workloads = require("workloads")

local c = cluster { brokers = 3 }
local orders = c:topic("orders", {
  partitions = 1, replicas = 3, min_insync_replicas = 2, segment_ms = 2000,
})
workloads.watch(orders)
workloads.steady(c, orders, "100/s", { acks = "all" })

at("15s", function()
  local leader = orders:leader(0)
  local rot = fault.bit_rot { node = leader, files = "orders-0/00000000000000000000.log", bits = 20 }
  expect.that("bits flipped", rot:effects()["bits flipped"] == 20)
  sleep("1s")
  local careful = c:consumer { topic = orders, auto_offset_reset = "earliest" }
  local careless = c:consumer { topic = orders, auto_offset_reset = "earliest", check_crcs = false }
  sleep("4s")
  local stuck_at = careful:position(0) or 0
  sleep("1s")
  expect.that("who checks the CRC gets stuck",
    (careful:position(0) or 0) == stuck_at and stuck_at < orders:hw(0))
  expect.that("who does not check it goes on, or is led astray", careless:position(0) ~= stuck_at)
  leader:kill()
  leader:start()
  waits.isr(orders, 0, 3)
end)

run_for("60s")
