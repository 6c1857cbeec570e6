scenario { api = 1, name = "bad input" }
local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 3 })
local function lag(p)
  return orders:hw(p) + 1
end

at("100ms", function()
  note(lag(0))
end)
run_for("1s")
