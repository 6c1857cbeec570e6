scenario { api = 1, name = "bad" }
local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3 })
at("5s", function()
  fault.partition { a = { c:broker(1), c:broker(2) }, b = c:broker(2) }
end)
