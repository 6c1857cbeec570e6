scenario { api = 1, name = "bad input" }
local c = cluster { brokers = 3 }
local me = coroutine.running()
at("1s", function() coroutine.resume(me) end)
sleep("2s")
