"""OsteoKG: what a review of bone research reports, as a knowledge graph that can be checked.

The rooms ``kg``, ``api``, ``ontology`` and ``shapes`` lie at the top of the source tree; the
links beside this file make them parts of the import package, the build puts them in its place.
"""

__version__ = "0.1.0"
