scenario { api = 1, name = "bad input" }
local c = cluster { brokers = 3 }
math.randomseed(1)
