scenario { api = 1, name = "bad" }
local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3 })
at("5s", function() fault.flapping_link { a = 1, down = "5000h" } end)
