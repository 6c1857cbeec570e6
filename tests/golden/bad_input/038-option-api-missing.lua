scenario { name = "no version" }
