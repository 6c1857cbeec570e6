scenario { api = 1, name = "x", expect = "pass" }
