"""The minutes, hours, days, months and weekdays that each command of a crontab names, as croniter reads them."""

import json
import sys

from croniter import croniter

answers = {}
with open(sys.argv[1], encoding="utf-8") as crontab:
    for line in crontab:
        if not line.strip() or line.startswith("#"):
            continue
        fields = line.split(maxsplit=5)
        expanded, _ = croniter.expand(" ".join(fields[:5]))
        answers[fields[5].strip().rsplit(":", 1)[1]] = expanded
print(json.dumps(answers))
