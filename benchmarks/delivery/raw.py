"""The ledger's set-based steps against the bare SQL that they cannot do without. Runs inside an installation."""
