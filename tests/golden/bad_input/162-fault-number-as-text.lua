scenario { api = 1, name = "bad" }
local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3 })
at("5s", function() fault.slow_cpu { node = 1, factor = "10" } end)
