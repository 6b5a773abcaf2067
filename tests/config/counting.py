"""A hasher that counts how often it is asked."""

from typing import Any, ClassVar

from django.contrib.auth.hashers import Argon2PasswordHasher


class CountingHasher(Argon2PasswordHasher):
    made: ClassVar[list[str]] = []

    def encode(self, *given: Any) -> str:
        self.made.append("encoded")
        return super().encode(*given)

    def verify(self, *given: Any) -> bool:
        self.made.append("verified")
        return super().verify(*given)
