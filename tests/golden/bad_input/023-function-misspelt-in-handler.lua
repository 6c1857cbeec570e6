scenario { api = 1, name = "bad input" }
local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 3 })
at("50s", function()
  local leader = orders:leader(0)
  leader:kil()
end)
run_for("1s")
