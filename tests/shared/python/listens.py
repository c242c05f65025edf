"""Listens to all signals, and says what each was, one line for each."""

import json
import sys

import redis

client = redis.Redis.from_url(sys.argv[1])
messages = client.pubsub()
messages.psubscribe("region-cache:signal:*")
for message in messages.listen():
    if message["type"] == "psubscribe":
        print("ready", flush=True)
    else:
        signal = json.loads(message["data"])
        print(signal["signal"], json.dumps(signal["payload"], sort_keys=True), flush=True)
