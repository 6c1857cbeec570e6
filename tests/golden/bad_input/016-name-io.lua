scenario { api = 1, name = "bad input" }
local c = cluster { brokers = 3 }
io.open("/etc/passwd")
