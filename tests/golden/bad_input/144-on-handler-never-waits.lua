scenario { api = 1, name = "bad" }
local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3 })
on("high-watermark", { topic = orders }, function() while true do end end)
c:producer {}:drive { topic = orders, rate = "10/s" }
