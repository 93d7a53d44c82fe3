"""Other people's formats, in and out of endpoint files. `scaffold` begins a file from what little is known."""

__all__ = ["scaffold"]
