scenario { api = 1, name = "bad input" }
local c = cluster { brokers = 3 }
local orders = c:topic("orders", { partitions = 3 })
at("50s", function()
  net:partition(c:broker(1), c:broker(2), { dirction = "to" })
end)
run_for("1s")
