"""Book as root, as a cron or an import would. For GNU Health's own Python:

python root.py DATABASE trytond.conf '[[CLINICIAN, PATIENT], …]'     prints what became of each
"""

import json
import sys
from datetime import datetime, timedelta

from trytond.config import config


def main(database, config_file, pairs):
    config.update_etc(config_file)
    from trytond.exceptions import UserError, UserWarning
    from trytond.pool import Pool
    from trytond.transaction import Transaction

    Pool.start()
    pool = Pool(database)
    with Transaction().start(database, 0, readonly=True):
        pool.init()
    said = []
    for hours, (clinician, patient) in enumerate(json.loads(pairs)):
        when = datetime.now() + timedelta(days=3, hours=hours)
        values = {"healthprof": clinician, "patient": patient, "appointment_date": when}
        with Transaction().start(database, 0) as transaction:
            try:
                pool.get("gnuhealth.appointment").create([{**values, "state": "confirmed"}])
                transaction.commit()
                said.append("booked")
            except (UserError, UserWarning) as error:
                transaction.rollback()
                said.append(type(error).__name__)
    print(json.dumps(said))


if __name__ == "__main__":
    main(*sys.argv[1:])
