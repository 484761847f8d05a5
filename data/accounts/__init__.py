"""Accounts: who may log in, as what and for which jurisdiction; sessions and second factors.

Every function takes a `Session` first and the time as `now`; values come out, never rows. Passwords
come in as hashes: hashing is slow on purpose and must not happen where the store is written.
"""
