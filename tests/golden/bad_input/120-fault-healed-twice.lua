scenario { api = 1, name = "bad" }
local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 1, replicas = 3 })
at("5s", function()
  local f = fault.pause { node = 1 }
  f:heal()
  f:heal()
end)
