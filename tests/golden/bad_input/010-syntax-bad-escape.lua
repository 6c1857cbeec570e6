scenario { api = 1, name = "bad input" }
local c = cluster { brokers = 3 }
note("half \quiet")
