-- A compacted topic under faults: the cleaners of three brokers go over the same partition at their own pace, while
-- the leader dies, a follower loses its disk and copies what the others' cleaners have left, and another loses power
-- in the middle of things.
--
-- Whoever holds the partition, the newest record of each key is there, at its offset; replicas agree on all that
-- none of them has compacted away; a consumer sees no gap but those.
scenario {
  api = 1, name = "a compacted topic loses a leader, a disk and power", seeds = "1..3", require_effect = true,
}

local expect = require("expect")
local waits = require("waits")
local workloads = require("workloads")

local c = cluster { brokers = 3, config = { log_cleaner_backoff_ms = "3s" } }
local accounts = c:topic("accounts", {
  partitions = 1, replicas = 3, min_insync_replicas = 2, cleanup_policy = "compact", segment_ms = "3s",
  min_cleanable_dirty_ratio = 0.2,
})
workloads.watch(accounts)
check.compaction_keeps_newest(accounts)
local p = c:producer { acks = "all" }
p:drive { topic = accounts, rate = "100/s", size = 100, keys = 50 }
workloads.reader(c, accounts)

at("20s", function()
  local leader = accounts:leader(0)
  local epoch = leader:epoch()
  fault.kill { node = leader, duration = "5s" }
  waits.new_leader(accounts, 0, leader)
  waits.registered_anew(leader, epoch)
  waits.isr(accounts, 0, 3, "60s")
  local bare = accounts:followers(0)[1]
  epoch = bare:epoch()
  fault.wipe { node = bare, duration = "2s" }
  waits.registered_anew(bare, epoch)
  waits.isr(accounts, 0, 3, "60s")
  local dark = accounts:followers(0)[2]
  epoch = dark:epoch()
  fault.power_loss { node = dark, duration = "2s" }
  waits.registered_anew(dark, epoch)
  waits.isr(accounts, 0, 3, "60s")
end)

run_for("120s")
local held = #accounts:log(0):records {}
expect.that("most of what was sent is compacted away", held < accounts:leo(0) / 2)
