"""Kinds of cases that harm their process. In a module of their own, so that a worker can import them."""

import os
import signal
import time

from benchmarks.fuzzing.case import Case, Kind


class Harmless(Kind):
    def case(self, rng, place, control):
        return Case("made up", lambda: None if control else self.harm(), ("x",))

    def harm(self):
        pass


class Crashing(Harmless):
    def harm(self):
        os.kill(os.getpid(), signal.SIGSEGV)


class Hanging(Harmless):
    def harm(self):
        time.sleep(600)


class Hungry(Harmless):
    def harm(self):
        bytearray(b"x" * 600_000_000)
        time.sleep(1)


class HungryForAMoment(Harmless):
    def harm(self):
        bytes(bytearray(b"x") * 600_000_000)
