scenario { api = 1, name = "bad input" }
local c = cluster { brokers = 3 }
net:partition({ c:broker(1), c:broker(2) }, c:broker(2))
