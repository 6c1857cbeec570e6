broker:
  replicas: 3
