"""NetworkPolicies as an nftables table: which pods, what is allowed, and the table's text. Pure."""
