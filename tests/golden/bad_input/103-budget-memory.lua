scenario { api = 1, name = "bad input" }
local c = cluster { brokers = 3 }
local s = ("x"):rep(1 << 30)
