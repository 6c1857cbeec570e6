-- The run that summary.json, metrics.csv, histograms.csv and events.csv beside this file come from:
--   titorelli run tests/data/sample_run/sample.lua -o tests/data/sample_run/run
-- (then plots/ and the folder go, wall_ms becomes 0). A leader dies at 3 s and is back at 7 s.
scenario { api = 1, name = "sample: a leader dies and returns" }

local c = cluster { brokers = 3, config = { broker_session_timeout_ms = "2s", broker_heartbeat_interval_ms = "500ms" } }
local orders = c:topic("orders", { partitions = 2, replicas = 3, min_insync_replicas = 2 })
check.no_lost_acks(orders)

local p = c:producer { acks = "all" }
p:drive { topic = orders, rate = "20/s", size = 100, keys = 10 }
c:consumer { topic = orders, auto_offset_reset = "earliest" }

at("3s", function()
  local leader = orders:leader(0)
  leader:kill()
  sleep("4s")
  leader:start()
end)

run_for("10s")
