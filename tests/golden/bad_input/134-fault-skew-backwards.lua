scenario { api = 1, name = "bad" }
local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3 })
at("5s", function()
  fault.clock_skew { node = 1, offset = "-20s", over = "10s" }
end)
