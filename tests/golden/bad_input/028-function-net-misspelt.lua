scenario { api = 1, name = "bad input" }
local c = cluster { brokers = 3 }
net:partitoin(c:broker(1), c:broker(2))
