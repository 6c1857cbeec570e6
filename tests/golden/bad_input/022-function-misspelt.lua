scenario { api = 1, name = "bad input" }
local c = cluster { brokers = 3 }
c:brokr(1):kill()
