"""Adapters: faults of the emulator that are stepped round, each until the emulator is mended.

Imported in the emulator's own process only. A docstring states the fault as it stands without the adapter; a
test in tests/emulator shows it, and fails when a release of the emulator mends it: then the adapter goes.
"""

from __future__ import annotations

from sandbox.adapters import apis, functions, roles, stacks, stores
from sandbox.database import Server


def install(databases: Server) -> None:
    """Step round every fault; `databases` stands in for those that nobody listens for."""
    stacks.read_buckets_from_hosts()
    stacks.announce_children()
    stacks.keep_attributes()
    stacks.keep_what_children_retain()
    stacks.clear_failed_children()
    stores.count_loopback_as_tls()
    stores.tell_policies_of_keys()
    stores.refer_to_secrets_by_arn()
    stores.make_master_secrets()
    stores.serve_databases(databases)
    roles.keep_boundaries_of_roles()
    apis.validate_requests()
    apis.say_what_was_invalid()
    apis.leave_bodies_as_they_are()
    functions.keep_settings_of_functions()
    functions.leave_out_foreign_layers()
    functions.bring_back_failed_records()
    functions.look_at_schedules_often()
    functions.give_functions_the_clock()
