"""Invoke: a fresh process that is one function, for `tests.bench.handlers`; what it took is a line of JSON.

Standard library only until the function is imported: whatever else ran here would count as its cost.
"""

import importlib
import json
import sys
import time


class Context:
    """What Lambda tells of an invocation."""

    aws_request_id = "bench"

    def get_remaining_time_in_millis(self) -> int:
        """Time enough, also where each instruction is counted."""
        return 28_000


def main() -> None:
    """Invoke with the first of the steps on standard input, then with the rest; say what each part took.

    Where `forgetful`, what the process knows of the services that it probes is forgotten before each step.
    """
    told = json.load(sys.stdin)
    steps = [(name, event) for name, event in told["steps"]]
    logs, sys.stdout = sys.stdout, open("/dev/null", "w")  # noqa: PTH123, SIM115 - pathlib would count
    functions = {}
    answers = []
    cold = 0.0
    for number, (name, event) in enumerate(steps):
        if number and told["forgetful"]:
            sys.modules[f"handlers.{name}"].probing().known.clear()
        if name not in functions:
            functions[name] = importlib.import_module(
                name if name == "reference" else f"handlers.{name}"
            ).handler
        answers.append(functions[name](event, Context()))
        if number == 0:
            cold = time.process_time()
    warm = time.process_time() - cold
    sys.stdout = logs
    print(json.dumps({"cold": cold, "warm": warm / max(1, len(steps) - 1), "answers": answers}))


main()
