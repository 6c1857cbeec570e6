scenario { api = 1, name = "bad input" }
local c = cluster { brokers = 3 }
c:topic("orders", { replicas = 2, min_insync_replicas = 3 })
