"""The people who work here: accounts, roles, invitations and the audit log."""
