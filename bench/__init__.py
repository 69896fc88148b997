"""What cheget costs, as ratios: each against a floor or a peer measured in the same run.

``python -m bench`` with ``src`` and ``tests`` on the path; one module a subject.
"""
