scenario { api = 1, name = "x", params = { rate = 5 } }
cluster { brokers = 1 }
note(param.raet)
run_for("1s")
