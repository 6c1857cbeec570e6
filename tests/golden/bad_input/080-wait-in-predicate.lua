scenario { api = 1, name = "bad input" }
local c = cluster { brokers = 3 }
wait_until(function() sleep("1s") return true end)
