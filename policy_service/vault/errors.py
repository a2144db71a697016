"""How the vault says no. No message ever holds key material or plaintext."""


class VaultError(Exception):
    """The root of every refusal in this package."""


class KeyRefused(VaultError):
    """A key, key file or key setting that is missing, malformed or open to others."""


class SealBroken(VaultError):
    """Sealed bytes that were altered, moved to another place, cut short or sealed otherwise."""


class KeyNotHeld(SealBroken):
    """Sealed or wrapped under a key that is not among those given: rotated away or destroyed."""
