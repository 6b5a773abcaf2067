from datetime import timedelta

from league.webhooks import retries


def waits(seed: str) -> list[timedelta]:
    found = [retries.wait(made, seed=seed) for made in range(1, 10)]
    return [one for one in found if one is not None]


def test_ten_attempts_over_three_days_as_the_standard_has_it() -> None:
    hours = [timedelta(hours=count) for count in (2, 5, 10, 14, 20, 24)]
    few = [timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30), *hours]
    for least, waited in zip(few, waits("a"), strict=True):
        assert least <= waited <= least * 1.1
    assert retries.wait(10, seed="a") is None
    assert retries.wait(11, seed="a") is None


def test_what_failed_together_does_not_come_back_together() -> None:
    assert len({waits(str(number))[0] for number in range(50)}) == 50
    assert waits("a") == waits("a")


def test_a_webhook_is_given_up_no_sooner_than_its_first_message() -> None:
    assert sum(waits("a"), timedelta(0)) > retries.PATIENCE
