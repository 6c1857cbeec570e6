scenario { api = 1, name = "bad input" }
local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 3 })
c:consumer { topic = "oders" }
