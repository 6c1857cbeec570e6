scenario { api = 1, name = "bad input" }
local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 3 })
c:producer {}:drive { topic = orders, rate = 200 }
