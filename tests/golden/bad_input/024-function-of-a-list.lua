scenario { api = 1, name = "bad input" }
local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 3 })
at("50s", function()
  for _, follower in ipairs(orders:followers(0)) do follower:pauze("1s") end
end)
run_for("1s")
