"""The ledger: every request_id this machine has ever submitted, in TinyDB."""
