from __future__ import annotations

import pytest

from handlers.payments.clock import Deadline
from handlers.payments.payment import Status
from handlers.payments.processing import Outcome
from tests.handlers.world import Killed, World

# Which of a payment's calls it is that takes the money.
CHARGE = 3
POSTED = [("gateway.receivable", 1050), ("merchant.payable", -1050)]


def test_a_payment_is_charged_posted_and_settled(world: World) -> None:
    world.validate()

    assert world.process().outcome is Outcome.PROCESSED

    payment = world.payment()
    assert [each.status for each in payment.history] == ["validated", "processing", "processed"]
    assert payment.gateway_reference == world.account.taken("t-1")[0]["id"]
    assert world.posted() == POSTED


def test_a_payment_costs_three_calls_of_the_table(world: World) -> None:
    """Put, lease and settle; the index of due payments is not written, which would cost as much again."""
    world.validate()
    world.process()

    calls = [each for each in world.seam.calls if each.startswith("dynamodb")]
    assert calls == ["dynamodb.update_item", "dynamodb.update_item"]
    assert all("due_at" not in each["dynamodb"]["NewImage"] for each in world.records)


def test_the_longest_names_fit_one_write_unit(world: World) -> None:
    """DynamoDB counts a write unit for each KB of the item, names of attributes included."""
    customer = "c" * 128
    world.account.add_customer(customer)
    world.validate("t" * 128, customer, owner="o" * 32)
    world.process("t" * 128, owner="o" * 32)

    sizes = [size({"M": each["dynamodb"]["NewImage"]}) for each in world.records]
    assert len(sizes) == 3
    assert max(sizes) <= 1024


def size(value: object) -> int:
    """About the bytes of an attribute as DynamoDB counts them."""
    match value:
        case {"S": str() as text}:
            return len(text.encode())
        case {"N": str() as digits}:
            return len(digits) // 2 + 2
        case {"L": list() as inside}:
            return 3 + sum(1 + size(each) for each in inside)
        case {"M": dict() as inside}:
            return 3 + sum(1 + len(name) + size(each) for name, each in inside.items())
    raise TypeError(value)


def test_the_second_call_finds_it_done(world: World) -> None:
    world.validate()
    world.process()

    assert world.process().outcome is Outcome.ALREADY_PROCESSED
    assert len(world.account.taken("t-1")) == 1


@pytest.mark.parametrize(
    ("transaction_id", "owner"), [("t-2", "owner"), ("t-1", "another")], ids=["unknown", "of another"]
)
def test_what_is_not_the_callers_is_unknown(world: World, transaction_id: str, owner: str) -> None:
    world.validate()

    assert world.process(transaction_id, owner).outcome is Outcome.UNKNOWN
    assert world.payment().status is Status.VALIDATED


@pytest.mark.parametrize(
    ("customer", "reason"),
    [
        ("cus_declined", "insufficient_funds"),
        ("cus_authenticate", "authentication_required"),
        ("cus_without", "no_payment_method"),
        ("cus_nobody", "no_such_customer"),
    ],
)
def test_a_declined_payment_stays_declined(world: World, customer: str, reason: str) -> None:
    world.validate(customer=customer)

    assert world.process().outcome is Outcome.DECLINED
    assert world.payment().reason == reason
    assert world.process().outcome is Outcome.ALREADY_DECLINED
    assert world.posted() == []
    assert not world.delayed


def test_a_transient_failure_is_tried_again_with_the_same_request(world: World) -> None:
    world.validate()
    world.account.troubles = ["busy", "busy"]

    assert world.process().outcome is Outcome.RETRYING
    assert world.process().outcome is Outcome.HELD
    assert world.heal().status is Status.PROCESSED
    assert len(set(world.account.bodies)) == 1
    assert len(world.account.taken("t-1")) == 1
    assert world.posted() == POSTED


def test_the_first_message_says_no_retries_yet(world: World) -> None:
    """F208: transaction_id, retry_count 0, failed_at and error, and nothing of the customer."""
    world.validate()
    world.account.troubles = ["busy"]
    world.process()

    (at, body) = world.delayed[0]
    assert at == world.clock.now() + 15_000
    assert body == (
        '{"transaction_id":"t-1","retry_count":0,'
        '"failed_at":"2026-09-21T14:13:20.000+00:00","error":"gateway_rate_limit"}'
    )


def test_after_the_last_attempt_it_has_failed_and_people_are_told(world: World) -> None:
    world.validate()
    world.account.troubles = ["busy"] * 20
    world.process()

    payment = world.heal(rounds=100)

    assert payment.status is Status.FAILED
    assert payment.attempts == 9
    assert [each.error for each in world.letters()] == ["gateway_rate_limit"]
    assert world.account.troubles == ["busy"] * 12
    assert world.process().outcome is Outcome.ALREADY_FAILED


def test_an_answer_that_was_lost_is_found_before_anything_is_given_up(world: World) -> None:
    """Stripe replays a 500 as long as it remembers the key, although the money was taken."""
    world.validate()
    world.account.troubles = ["500 after"]

    assert world.process().outcome is Outcome.RETRYING
    assert world.heal().status is Status.PROCESSED
    assert len(world.account.taken("t-1")) == 1
    assert world.posted() == POSTED


def test_a_500_that_took_nothing_never_becomes_a_second_key(world: World) -> None:
    """Stripe may yet carry out what it answered with a 500, so nothing is charged under another key."""
    world.validate()
    world.account.troubles = ["500 before"]
    world.process()

    assert world.heal(rounds=100).status is Status.FAILED
    assert list(world.account.keys) == ["t-1"]
    assert world.account.intents == []


def test_a_request_that_can_never_succeed_fails_at_once(world: World) -> None:
    world.validate()
    world.account.troubles = ["refused"]

    assert world.process().outcome is Outcome.FAILED
    assert [each.error for each in world.letters()] == ["gateway_parameter_unknown"]
    assert not world.delayed


def test_a_dead_letter_that_is_sent_back_is_tried_again(world: World) -> None:
    world.validate()
    world.account.troubles = ["refused"]
    world.process()
    letter = world.letters()[0]
    world.clock.turn(2 * 24 * 3600)
    world.delayed.append((0, letter.write()))

    assert [each.outcome for each in world.deliver()] == [Outcome.PROCESSED]
    assert len(world.account.taken("t-1")) == 1


def test_a_dead_letter_that_is_sent_back_after_the_last_attempt_is_tried_once_more(world: World) -> None:
    """Which is what people send it back for: the gateway was away for longer than all attempts took."""
    world.validate()
    world.account.troubles = ["busy"] * 8
    world.process()
    assert world.heal(rounds=100).status is Status.FAILED
    letter = world.letters()[0]

    for trouble, status in (("busy", Status.FAILED), ("", Status.PROCESSED)):
        world.account.troubles = [trouble]
        world.delayed.append((0, letter.write()))
        world.deliver()
        assert world.payment().status is status
        letter = (world.letters() or [letter])[0]

    assert len(world.account.taken("t-1")) == 1
    assert world.posted() == POSTED


@pytest.mark.parametrize("removed", ["customer", "means of payment"])
def test_what_was_charged_is_no_decline_because_somebody_removed_its_customer(
    world: World, removed: str
) -> None:
    """The answer to the first attempt was lost; the second may not go by what the customer is now."""
    world.validate()
    world.seam.at, world.seam.fault = CHARGE, "after kill"
    with pytest.raises(Killed):
        world.process()
    world.begin_process()
    if removed == "customer":
        world.account.customers["cus_1"] = {"id": "cus_1", "deleted": True}
    else:
        world.account.add_customer("cus_1", None)

    assert world.heal().status is Status.PROCESSED
    assert len(world.account.taken("t-1")) == 1
    assert world.posted() == POSTED


def test_after_a_day_the_gateway_is_asked_before_it_is_charged_again(world: World) -> None:
    """The key may be forgotten: the same request would charge anew."""
    world.validate()
    world.seam.at, world.seam.fault = 4, "before error"
    world.process()
    assert world.seam.calls[4] == "ledger.run"
    world.delayed.clear()
    world.dynamodb.update_item(
        TableName="payments",
        Key={"transaction_id": {"S": "t-1"}, "timestamp": {"N": "0"}},
        UpdateExpression="REMOVE gateway_reference",
    )
    world.clock.turn(25 * 3600)
    world.sweep()
    world.clock.turn(1)

    assert [each.outcome for each in world.deliver()] == [Outcome.PROCESSED]
    assert len(world.account.taken("t-1")) == 1
    assert world.posted() == POSTED


def test_another_means_of_payment_meanwhile_charges_nothing_twice(world: World) -> None:
    """The key was used with other parameters, so the gateway is asked what came of it."""
    world.validate()
    world.account.troubles = ["500 after"]
    world.process()
    world.account.add_customer("cus_1", "pm_new")

    assert world.heal().status is Status.PROCESSED
    assert len(world.account.taken("t-1")) == 1


def test_a_charge_that_is_pending_is_followed_until_it_is_known(world: World) -> None:
    world.validate(customer="cus_slow")

    assert world.process().outcome is Outcome.RETRYING
    for _ in range(15):
        world.clock.turn(900)
        world.deliver()
    assert world.payment().status is Status.RETRYING
    world.account.intents[0]["status"] = "succeeded"
    assert world.heal().status is Status.PROCESSED
    assert len(world.account.intents) == 1


def test_what_was_charged_is_never_given_up_for_a_ledger_that_is_away(world: World) -> None:
    world.validate()
    right = world.database
    world.database = type(right)(right.host, 1, right.name, right.user)
    assert world.process().outcome is Outcome.RETRYING
    for _ in range(20):
        world.clock.turn(900)
        world.deliver()
    assert world.payment().status is Status.RETRYING
    world.database = right

    assert world.heal().status is Status.PROCESSED
    assert len(world.account.taken("t-1")) == 1
    assert world.posted() == POSTED


def test_a_holder_that_is_alive_after_its_lease_settles_nothing(world: World) -> None:
    """Clocks apart: another takes over, both reach the gateway, and one charge comes of it."""
    world.validate()
    first = world.processing
    lease = first.lease()
    held = first.store.lease_for_owner("t-1", "owner", lease)
    assert held is not None
    world.clock.turn(100)
    assert world.process().outcome is Outcome.PROCESSED

    settled = world.payment()

    late = first.go_on(held, lease, Deadline.after(27, world.clock))

    assert late.outcome is Outcome.ALREADY_PROCESSED
    assert late.faults == ("lease_lost",)
    assert world.payment() == settled
    assert len(world.account.taken("t-1")) == 1
    assert world.posted() == POSTED


def test_a_message_that_is_late_or_comes_twice_changes_nothing(world: World) -> None:
    world.validate()
    world.account.troubles = ["busy", "busy"]
    world.process()
    stale = world.delayed[0][1]
    world.clock.turn(900)
    world.deliver()
    before = world.payment()
    world.delayed.append((0, stale))

    assert [each.outcome for each in world.deliver()] == [Outcome.HELD]
    assert world.payment() == before


def test_without_time_nothing_is_begun_at_the_gateway(world: World) -> None:
    world.validate()

    result = world.process(seconds=9)

    assert result.outcome is Outcome.RETRYING
    assert world.payment().reason == "gateway_out_of_time"
    assert world.account.requests == []


def test_a_key_that_is_not_good_is_fetched_anew(world: World) -> None:
    world.validate()
    world.process("nothing")
    world.account.key = "sk_test_rotated"
    assert world.process().outcome is Outcome.RETRYING
    world.secretsmanager.put_secret_value(SecretId=world.secret_arn, SecretString="sk_test_rotated")

    assert world.heal().status is Status.PROCESSED
