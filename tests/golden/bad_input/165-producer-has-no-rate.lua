scenario { api = 1, name = "a rate belongs to drive" }
local c = cluster { brokers = 1 }
local t = c:topic("t")
c:producer { topic = t, rate = "50/s" }
