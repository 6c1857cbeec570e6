scenario { api = 1, name = "x", params = { rate = {} } }
