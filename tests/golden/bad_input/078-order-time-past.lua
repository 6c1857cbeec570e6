scenario { api = 1, name = "bad input" }
local c = cluster { brokers = 3 }
sleep("10s")
at("5s", function() end)
