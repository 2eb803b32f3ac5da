"""Names that the search for dead code in `make lint` does not see used, each with its reason.

vulture reads this file as one more user of them; nothing imports it.
"""

# ruff: noqa
# mypy: ignore-errors

# Called by a library by this name.
_.redirect_request  # urllib
_.model_config  # pydantic
_._make_vagrant_command  # python-vagrant
_.compress_type  # zipfile
_.type_name  # protobuf
_.converter  # logging
_.field_is_required, _.default_schema, _.field_title_should_be_set  # pydantic

# Read by templates, by field name.
_.block_v4, _.block_v6, _.ca_hash
_.hello, _.hello_multiplier, _.lsp_gen, _.spf_delay_ms, _.point_to_point, _.hello_padding
_.serial, _.slot, _.box_version, _.boot_timeout, _.cmd_line, _.management

# Written in files of users: the words of scenario files, and topologies by name.
_.kubernetes, _.virtual, _.patience  # of a plan
_._root_options  # typer calls it
_.verbose, _.__signature__  # typer reads them
_.is_at_least, _.is_one_of, _.fails, _.short_lived_pod, _.dns_servers
Basic, Full, Grid, Rack, Star

# Of samples: no command shows them, they are read by whoever reads the file.
_.wire_bytes, _.schema_version, _.started, _.memory_bytes, _.softirq_s, _.rtt_idle, _.rtt_load
_.lost, _.min_s, _.p50_s, _.p90_s, _.p99_s, _.max_s, _.disturbance, _.profile
mean_bps, median_bps, low_bps, high_bps, comparisons, packets_per_gb  # keys
_.iowait  # read by its name, as all fields of it

# Keys of what is printed.
_.shows, _.before_segments, _.destination_address, _.kernel_package, _.removed, _.says, _.seeds

# Keys of CNI documents.
_.msg, _.sandbox, _.gw

# Members of an enumeration that the command line reads by value.
_.none

GIVEN  # the list that a test compares with every TESTBED_ name in the code
_.of_paths  # paths in a drawing, of an agent's candidate path or of a user's own program

# Of the TE engine, nobody asks yet: many demands placed at once.
place, _.gap, Demand
failures_beside, extended_p_space, q_space, _.affected, _.plain
