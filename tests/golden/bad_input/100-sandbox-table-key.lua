scenario { api = 1, name = "bad input" }
local c = cluster { brokers = 3 }
for k in pairs({ [{}] = 1 }) do note(k) end
