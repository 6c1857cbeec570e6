scenario { api = 1, name = "bad input" }
local c = cluster { brokers = 3 }
local s = ("a"):rep(3000):find(("a-"):rep(8) .. "b")
