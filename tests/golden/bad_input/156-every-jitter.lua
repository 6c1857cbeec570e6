scenario { api = 1, name = "bad" }
local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3 })
every("1s", function() end, { jitter = "2s" })
