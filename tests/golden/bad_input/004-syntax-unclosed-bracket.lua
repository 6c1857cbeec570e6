scenario { api = 1, name = "bad input" }
local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 3 })
at("5s", function()
  orders:leader(0):kill()
end
run_for("9s")
