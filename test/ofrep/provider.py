"""Evaluates flags with the OpenFeature SDK. Reads {"url", "cases": [[kind, key, context]]} from standard input and
prints one list of details for each case."""

import json
import sys

from openfeature import api
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext

task = json.load(sys.stdin)
api.set_provider(OFREPProvider(task["url"]))
client = api.get_client()
for kind, key, context in task["cases"]:
    evaluation = EvaluationContext(context.pop("targetingKey", None), context)
    if kind == "float":
        details = client.get_float_details(key, -1.0, evaluation)
    else:
        details = client.get_object_details(key, {}, evaluation)
    print(
        json.dumps(
            {
                "value": details.value,
                "type": type(details.value).__name__,
                "reason": str(details.reason.value if hasattr(details.reason, "value") else details.reason),
                "variant": details.variant,
                "error": None if details.error_code is None else str(details.error_code),
            }
        )
    )
