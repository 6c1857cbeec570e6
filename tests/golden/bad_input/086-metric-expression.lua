scenario { api = 1, name = "bad input" }
local c = cluster { brokers = 3 }
threshold("produce.latency", "p99 under 2s")
