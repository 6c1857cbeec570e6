scenario { api = 1, name = "a check that is about no topic" }
local c = cluster { brokers = 3, controllers = 3 }
local orders = c:topic("orders", { partitions = 1 })
check.quorum_agrees(orders)
