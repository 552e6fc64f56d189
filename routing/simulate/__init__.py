"""The simulator: the production matcher on a virtual clock, fed with drawn or recorded customers.

``scenario`` says what is simulated, ``draw`` makes the customers of a day, ``day`` lets them happen,
``figures`` counts, ``study`` runs days side by side and puts intervals around what they gave.
Nothing here reads files or tables; times are integer microseconds since opening.
"""
