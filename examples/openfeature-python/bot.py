"""A bot that reads its multipliers with the OpenFeature SDK, from an edge, and logs what it did and what it skipped.

Install: pip install openfeature-provider-ofrep requests
Usage: bot.py [URL] [EPISODES]
"""
import datetime, random, sys

import requests
from openfeature import api
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext

URL = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8788"
EPISODES = int(sys.argv[2]) if len(sys.argv) > 2 else 10
PATTERN = "pm.uptrend.S1.entry"
BASE = {"ts_min": 0.6, "halo_max": 1.0}  # the thresholds of the bot without tuning

api.set_provider(OFREPProvider(URL))
flags = api.get_client()


def look_up(scope, episode_id):
    """Returns the thresholds and what moved them. Any error of the SDK leaves the default, which is neutral."""
    neutral = {"multipliers": {}, "deltas": {}, "entries": "open"}
    details = flags.get_object_details(PATTERN, neutral, EvaluationContext(episode_id, scope))
    multipliers, deltas = details.value["multipliers"], details.value["deltas"]
    tuned = {name: value * multipliers.get(name, 1.0) + deltas.get(name, 0.0) for name, value in BASE.items()}
    generation = (details.flag_metadata or {}).get("generation", 0)
    return tuned, {"generation": generation, "multipliers": multipliers, "deltas": deltas}


def log(path, body):
    answer = requests.post(URL + path, json=body, timeout=5)
    for rejected in answer.json().get("rejected", [answer.text]):
        print("rejected:", rejected, file=sys.stderr)


for i in range(EPISODES):
    episode_id = f"of-{datetime.datetime.now().timestamp()}-{i}"
    scope = {"chain": "solana", "timeframe": random.choice(["15m", "1h"])}
    score, distance = random.uniform(0.3, 0.9), random.uniform(0.2, 2)
    thresholds, applied = look_up(scope, episode_id)
    gates = (("ts", score >= thresholds["ts_min"]), ("halo", distance <= thresholds["halo_max"]))
    blocked = [gate for gate, passes in gates if not passes]
    factors = {"ts_score": score, "halo_distance": distance, **thresholds, "blocked_by": blocked, "applied": applied}
    now = datetime.datetime.now(datetime.timezone.utc).isoformat()
    log("/v1/events", {"pattern_key": PATTERN, "episode_id": episode_id, "decision": "skipped" if blocked else "acted",
                       "scope": scope, "factors": factors, "timestamp": now})
    outcome = random.choice(["success", "failure"])  # later, when it is known; also of what was skipped
    log("/v1/outcomes", {"outcomes": [{"pattern_key": PATTERN, "episode_id": episode_id, "outcome": outcome}]})
print(f"{EPISODES} episodes")
