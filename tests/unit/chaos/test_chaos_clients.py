# Copyright (c) 2026 constellation.edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What clients saw, and what is made of it."""

from __future__ import annotations

import pytest
from chaos.samples import Sample, lag, outage, samples
from chaos.trial_reload import too_many
from chaos.watch import Load

WRK = """Running 10s test @ https://load.example.org/zm/
  1 threads and 4 connections
  1764 requests in 10.05s, 0.98MB read
"""


def seen(*raw: tuple[float, float, int | None]) -> list[Sample]:
    return samples(raw)


class TestWrk:
    """wrk's own report."""

    def test_a_report_without_errors(self):
        assert Load.of(WRK) == Load(1764, 0, 0, 0)

    def test_closed_connections_are_apart_from_other_errors(self):
        errors = "  Socket errors: connect 1, read 20, write 3, timeout 5\n  Non-2xx or 3xx responses: 7\n"
        assert Load.of(WRK + errors) == Load(1764, 20, 9, 7)

    def test_no_report_is_an_error(self):
        with pytest.raises(ValueError, match="unable to connect"):
            Load.of("unable to connect to load.example.org:443 Connection refused\n")


class TestAnOutage:
    """When a service went and came back, asked directly."""

    DIRECT = seen((0.0, 0.1, 200), (1.0, 1.1, None), (2.0, 2.1, 502), (3.0, 3.1, 200), (4.0, 4.1, 200))

    def test_it_is_from_the_first_request_that_failed_to_the_first_answer_after_it(self):
        assert outage(self.DIRECT, 0.0, 9.0) == (1.0, 3.1)

    def test_only_requests_of_the_time_asked_for_count(self):
        assert outage(self.DIRECT, 2.5, 9.0) is None
        assert outage(self.DIRECT, 0.0, 2.5) is None

    def test_a_request_that_was_late_does_not_hide_an_earlier_answer(self):
        direct = seen((1.0, 1.1, None), (2.0, 9.0, 200), (3.0, 3.1, 200))
        assert outage(direct, 0.0, 9.0) == (1.0, 3.1)


class TestTheLagOfTheProxy:
    """How much later the proxy answers than the service itself."""

    def test_it_counts_from_the_end_of_the_first_direct_answer(self):
        proxied = seen((0.5, 0.6, 200), (3.0, 3.2, 502), (3.5, 3.6, 200))
        assert lag(proxied, 1.0, 3.1) == pytest.approx(0.5)

    def test_an_answer_of_the_old_one_does_not_count(self):
        assert lag(seen((0.9, 3.2, 200)), 1.0, 3.1) is None

    def test_never_answered(self):
        assert lag(seen((3.5, 3.6, 502)), 1.0, 3.1) is None


class TestClosingsOfAKeptConnection:
    """Which closings go beyond what is allowed."""

    BEGAN = [10.0, 20.0]  # noqa: RUF012 - pytest makes an object for each test

    def test_one_for_each_reload(self):
        assert too_many([10.5, 20.5], self.BEGAN, 1) == []

    def test_two_for_one_reload(self):
        assert too_many([10.5, 11.0], self.BEGAN, 1) == ["closed 2 times at reload 1, at most 1 allowed"]

    def test_one_where_none_is_allowed(self):
        assert too_many([20.5], self.BEGAN, 0) == ["closed 1 times at reload 2, at most 0 allowed"]

    def test_one_without_any_reload(self):
        assert too_many([9.0], self.BEGAN, 1) == ["closed 1 times at reload 0, at most 0 allowed"]
