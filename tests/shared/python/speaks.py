"""Publishes a signal as any program does, whenever it is told to by a line."""

import sys

import redis

client = redis.Redis.from_url(sys.argv[1])
for line in sys.stdin:
    name, payload = line.rstrip("\n").split(" ", 1)
    print(client.publish("region-cache:signal:" + name, payload), flush=True)
