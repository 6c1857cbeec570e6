cluster { brokers = 3 }
