scenario { api = 1, name = "bad input" }
local c = cluster { brokers = 3 }
if ready then note("x") end
