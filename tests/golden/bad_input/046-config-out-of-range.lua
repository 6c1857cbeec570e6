scenario { api = 1, name = "bad input" }
local c = cluster { brokers = 3 }
c:topic("orders", { min_insync_replicas = 0 })
