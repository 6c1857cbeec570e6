scenario { api = 1, name = "bad input" }
local c = cluster { brokers = 3 }
c:broker(7):kill()
