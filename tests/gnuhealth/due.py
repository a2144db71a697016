"""Make the module's task due now and every other one tomorrow. For GNU Health's own Python:

python due.py DATABASE trytond.conf
"""

import sys
from datetime import datetime, timedelta

from proteus import Model, config

TASK = "gnuhealth.boundary.sync|reconcile"


def main(database, config_file):
    config.set_trytond(database, user="admin", config_file=config_file)
    for task in Model.get("ir.cron").find([]):
        task.next_call = datetime.now() + timedelta(days=0 if task.method == TASK else 1)
        task.save()


if __name__ == "__main__":
    main(*sys.argv[1:])
