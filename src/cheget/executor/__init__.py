"""The agent beside one irreversible act; it trusts no server."""
