"""Other people's formats: `scaffold` begins an endpoint file from what little is known; `signatures` knows what other
clients hash in the place of what the vendor wants.
"""

__all__ = ["scaffold", "signatures"]
