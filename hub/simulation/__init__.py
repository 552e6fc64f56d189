"""``hub simulate``: a scenario from a file or from the hub's own history, and its report.

``spec`` is the file's shape, ``reading`` turns it into what ``routing.simulate`` runs, ``history``
writes such a file from recorded turns, ``report`` prints what came out.
"""
