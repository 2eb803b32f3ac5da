"""The ledger of claims: what the records of runs say of each claim of the paper."""
