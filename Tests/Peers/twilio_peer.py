"""Asks `twilio-peer`, our side of Twilio's protocols, to do things: many orders at once, answers in their order."""

import json
import os
import subprocess


def ask(orders):
    lines = "".join(json.dumps(order) + "\n" for order in orders)
    run = subprocess.run(
        [os.environ["TWILIO_PEER"]], input=lines.encode(), stdout=subprocess.PIPE, timeout=50, check=True)
    answers = [json.loads(line) for line in run.stdout.splitlines()]
    assert len(answers) == len(orders)
    failed = [answer for answer in answers if "failed" in answer]
    assert not failed, failed[0]
    return answers
