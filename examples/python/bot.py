"""A bot that asks an edge for its thresholds and logs what it did and what it skipped. It needs Python's standard library only.

Usage: bot.py [URL] [EPISODES]
"""
import datetime, json, random, sys, urllib.error, urllib.request

URL = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8788"
EPISODES = int(sys.argv[2]) if len(sys.argv) > 2 else 10
PATTERN = "pm.uptrend.S1.entry"
BASE = {"ts_min": 0.6, "halo_max": 1.0}  # the thresholds of the bot without tuning


def call(path, body, timeout):
    data = json.dumps(body).encode()
    request = urllib.request.Request(URL + path, data, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=timeout) as response:
        return json.load(response)


def look_up(scope):
    """Returns the thresholds for a scope, and what moved them. Without an answer in time the base thresholds hold."""
    try:
        answer = call("/v1/overrides/lookup", {"pattern_key": PATTERN, "scope": scope, "thresholds": BASE}, 0.25)
        return answer["thresholds"], answer["applied"]
    except (OSError, ValueError):  # no connection, time-out, an error of the service, or a body that is no JSON
        return BASE, {}


def log(path, body):
    """Hands an item to the edge, which keeps it on its disk. What the edge rejects is a mistake of this bot."""
    try:
        for rejected in call(path, body, 5)["rejected"]:
            print("rejected:", rejected, file=sys.stderr)
    except urllib.error.HTTPError as error:
        print("rejected:", error.read().decode(), file=sys.stderr)
    except OSError as error:
        print("not logged, send it again later:", error, file=sys.stderr)


def episode(episode_id, scope, score, distance):
    """Decides one opportunity, and logs it whether the bot acts or not."""
    thresholds, applied = look_up(scope)
    blocked = [gate for gate, passes in (("ts", score >= thresholds["ts_min"]), ("halo", distance <= thresholds["halo_max"])) if not passes]
    factors = {"ts_score": score, "halo_distance": distance, **thresholds, "blocked_by": blocked, "applied": applied}
    log("/v1/events", {"pattern_key": PATTERN, "episode_id": episode_id, "decision": "skipped" if blocked else "acted", "scope": scope,
                       "factors": factors, "timestamp": datetime.datetime.now(datetime.timezone.utc).isoformat()})


for i in range(EPISODES):
    episode_id = f"py-{datetime.datetime.now().timestamp()}-{i}"
    episode(episode_id, {"chain": "solana", "timeframe": random.choice(["15m", "1h"])}, random.uniform(0.3, 0.9), random.uniform(0.2, 2))
    # Later, when it is known what became of it; for a skipped episode: what would have become of it.
    log("/v1/outcomes", {"outcomes": [{"pattern_key": PATTERN, "episode_id": episode_id, "outcome": random.choice(["success", "failure"])}]})
print(f"{EPISODES} episodes")
