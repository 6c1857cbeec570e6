-- Partitions, slow links, lost packets, resets, pauses, restarts, slow disks and wrong clocks, drawn from
-- the seed; then everything is healed and the cluster has a minute to be as new. Run it over many seeds:
-- each is another schedule.
scenario { api = 1, name = "anything that can be survived, drawn from the seed", seeds = "1..10" }

local workloads = require("workloads")

local c = cluster { brokers = 5 }
local orders = c:topic("orders", { partitions = 3, replicas = 3, min_insync_replicas = 2 })
workloads.watch(orders)
workloads.steady(c, orders, "100/s", { acks = "all" })
workloads.reader(c, orders)

nemesis {
  families = { "partition", "link", "connection", "cpu", "disk", "clock" },
  faults = { "kill", "restart", "pause", "shutdown" },
  every = "3s", lasting = "4s", start = "5s", stop = "45s", recover_within = "60s",
}

run_for("110s")
