scenario { api = 1, name = "bad input" }
local c = cluster { brokers = 3 }
net:partition("broker-11", c:broker(2))
