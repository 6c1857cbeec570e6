scenario { api = 1, name = "bad input" }
local c = cluster { brokers = 3 }
local function f() return 1 + f() end
f()
